namespace Hufu.Cli.Tests;

/// <summary>What was done behind the product's back is named with its first place; what was not is intact.</summary>
public sealed class VerifyTests(Sample sample)
{
    [Fact]
    public async Task A_folder_that_nobody_touched_is_intact()
    {
        var outcome = await Program.OkAsync("verify", "--data", sample.Master);
        Assert.StartsWith("INTACT", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("2 log segments", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("0 not sequenced yet", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_byte_in_a_tile_is_named()
    {
        var data = sample.Copy();
        var tile = Directory.EnumerateFiles(Path.Combine(data, "ledger", "tile", "0"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        Flip(tile, 40);
        await BrokenAsync(data, "ledger.tile-changed", "tile/0/");
    }

    [Fact]
    public async Task A_flipped_byte_in_an_entry_is_named()
    {
        var data = sample.Copy();
        Flip(Directory.EnumerateFiles(Path.Combine(data, "ledger", "tile", "entries"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last(), 100);
        await BrokenAsync(data, "ledger.entry-changed", "tile/entries/");
    }

    [Fact]
    public async Task A_removed_change_is_named_by_its_leaf()
    {
        var data = sample.Copy();
        var position = Sample.Scalar(data, "SELECT position FROM change WHERE type_key = 'risk.asset' ORDER BY id LIMIT 1 OFFSET 10");
        Sample.Scalar(data, $"DELETE FROM change WHERE position = {position}");
        await BrokenAsync(data, "change.missing", $"#{position}");
    }

    [Fact]
    public async Task An_altered_change_is_named()
    {
        var data = sample.Copy();
        var id = Sample.Scalar(data, "SELECT id FROM change WHERE type_key = 'risk.asset' ORDER BY id LIMIT 1 OFFSET 5");
        Sample.Scalar(data, $"UPDATE change SET payload = replace(payload, '主機', '客機') WHERE id = {id}");
        await BrokenAsync(data, "change.payload-changed", $"change {id}");
    }

    [Fact]
    public async Task A_cut_tail_is_named()
    {
        var data = sample.Copy();
        var newest = Directory.EnumerateFiles(Path.Combine(data, "ledger", "tile", "entries"), "*", SearchOption.AllDirectories).OrderBy(f => new FileInfo(f).Length).Last();
        using (var file = new FileStream(newest, FileMode.Open)) file.SetLength(file.Length - 20);
        await BrokenAsync(data, "ledger.file-cut", "tile/entries/");
    }

    [Fact]
    public async Task A_ledger_that_was_put_back_to_an_older_state_is_named()
    {
        var data = sample.Copy();
        Directory.CreateDirectory(Path.Combine(data, "old"));
        var older = sample.Copy(data);
        await Program.OkAsync("user", "add", "later", "Later", "--data", data);
        Directory.Delete(Path.Combine(data, "ledger"), recursive: true);
        Directory.Move(Path.Combine(older, "ledger"), Path.Combine(data, "ledger"));
        await BrokenAsync(data, "leaf.missing", "#");
    }

    [Fact]
    public async Task A_record_changed_by_SQL_is_named_by_its_number()
    {
        var data = sample.Copy();
        Sample.Scalar(data, "UPDATE risk_asset SET title = 'other' WHERE number = 'AST-' || strftime('%Y','now') || '-0007' OR number LIKE 'AST-%-0007'");
        await BrokenAsync(data, "record.replaced", "-0007");
    }

    [Fact]
    public async Task A_record_put_in_by_SQL_is_named()
    {
        var data = sample.Copy();
        Sample.Scalar(data, "UPDATE risk_asset SET id = '0199AAAA-0000-7000-8000-000000000001' WHERE number LIKE 'AST-%-0009'");
        await BrokenAsync(data, "record.unknown", "-0009");
    }

    [Fact]
    public async Task A_flipped_byte_in_a_log_segment_is_named()
    {
        var data = sample.Copy();
        Flip(Path.Combine(data, "logs", "00000001.parquet"), 300);
        await BrokenAsync(data, "segment.file-changed", "segment 00000001");
    }

    [Fact]
    public async Task A_removed_segment_is_named()
    {
        var data = sample.Copy();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(data, "logs"), "00000002.*")) File.Delete(file);
        await BrokenAsync(data, "segment.missing", "segment 00000002");
    }

    [Fact]
    public async Task A_segment_whose_manifest_was_changed_too_is_named()
    {
        var data = sample.Copy();
        var (one, two) = (Path.Combine(data, "logs", "00000001"), Path.Combine(data, "logs", "00000002"));
        foreach (var ending in new[] { ".parquet", ".leaves" }) File.Copy(two + ending, one + ending, overwrite: true);
        File.WriteAllText(one + ".json", File.ReadAllText(two + ".json").Replace("00000002", "00000001", StringComparison.Ordinal));
        await BrokenAsync(data, "segment.root-changed", "segment 00000001");
    }

    [Fact]
    public async Task A_record_deleted_by_SQL_is_named()
    {
        var data = sample.Copy();
        var id = Guid.Parse((string)Sample.Scalar(data, "SELECT id FROM risk_asset WHERE number LIKE 'AST-%-0011'")!);
        Sample.Scalar(data, "DELETE FROM risk_asset WHERE number LIKE 'AST-%-0011'");
        await BrokenAsync(data, "record.missing", $"risk.asset {id}");
    }

    [Fact]
    public async Task A_change_made_anew_with_a_fitting_commitment_is_named()
    {
        var data = sample.Copy();
        var id = Sample.Scalar(data, "SELECT id FROM change WHERE type_key = 'risk.asset' ORDER BY id LIMIT 1 OFFSET 7");
        var salt = (string)Sample.Scalar(data, $"SELECT salt FROM change WHERE id = {id}")!;
        var payload = ((string)Sample.Scalar(data, $"SELECT payload FROM change WHERE id = {id}")!).Replace("主機", "客機", StringComparison.Ordinal);
        var commitment = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. Convert.FromHexString(salt), .. System.Text.Encoding.UTF8.GetBytes(payload)]));
        Sample.Scalar(data, $"UPDATE change SET commitment = '{commitment}', payload = '{payload.Replace("'", "''", StringComparison.Ordinal)}' WHERE id = {id}");
        await BrokenAsync(data, "change.replaced", $"change {id}");
    }

    [Fact]
    public async Task A_hash_list_of_a_log_segment_that_was_changed_is_named()
    {
        var data = sample.Copy();
        Flip(Path.Combine(data, "logs", "00000001.leaves"), 3);
        await BrokenAsync(data, "segment.root-changed", "segment 00000001");
    }

    [Fact]
    public async Task An_evidence_file_that_was_changed_or_removed_is_named()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            var number = (string)Sample.Scalar(data, "SELECT number FROM risk_asset ORDER BY number LIMIT 1")!;
            var attached = await browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "proof.txt", "what was seen"u8.ToArray());
            Assert.True(attached.Flash is ['+', ..], attached.ToString());
            await server.StopAsync();
        }

        var kept = Assert.Single(Directory.EnumerateFiles(Path.Combine(data, "files"), "*", SearchOption.AllDirectories));
        await Program.OkAsync("verify", "--data", data);
        var removed = sample.Copy(data);
        Flip(kept, 5);
        await BrokenAsync(data, "file.changed", Path.GetFileName(kept));
        File.Delete(Path.Combine(removed, Path.GetRelativePath(data, kept)));
        await BrokenAsync(removed, "file.changed", Path.GetFileName(kept));
        var replaced = Sample.Scalar(removed, "SELECT id FROM evidence");
        Assert.NotNull(replaced);
        Sample.Scalar(removed, "DELETE FROM evidence");
        await BrokenAsync(removed, "record.missing", Guid.Parse((string)replaced).ToString());
    }

    [Fact]
    public async Task A_checkpoint_kept_elsewhere_catches_a_ledger_made_anew()
    {
        var kept = sample.File("checkpoint", await File.ReadAllBytesAsync(Path.Combine(sample.Master, "ledger", "checkpoint"), TestContext.Current.CancellationToken));
        await Program.OkAsync("verify", "--checkpoint", kept, "--data", sample.Master);
        var data = sample.Copy();
        Directory.Delete(Path.Combine(data, "ledger"), recursive: true);
        Sample.Scalar(data, "UPDATE change SET position = NULL");
        await Program.OkAsync("user", "add", "later", "Later", "--data", data);
        Sample.Scalar(data, "DELETE FROM change WHERE id = (SELECT max(id) FROM change)");
        var outcome = await Program.RunAsync("verify", "--checkpoint", kept, "--data", data);
        Assert.True(outcome.Code == 1, outcome.ToString());
        Assert.Contains("BROKEN", outcome.Out, StringComparison.Ordinal);
    }

    private static void Flip(string path, int at)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    private static async Task BrokenAsync(string data, string code, string where)
    {
        var outcome = await Program.RunAsync("verify", "--data", data);
        Assert.True(outcome.Code == 1, outcome.ToString());
        var first = outcome.Out.Split("BROKEN", StringSplitOptions.RemoveEmptyEntries)[0];
        Assert.True(first.Contains($"[{code}]", StringComparison.Ordinal) && first.Contains(where, StringComparison.Ordinal), outcome.ToString());
        Assert.Contains("NOT INTACT", outcome.Out, StringComparison.Ordinal);
    }
}
