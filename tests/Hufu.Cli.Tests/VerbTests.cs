using System.Globalization;
using System.Text;
using System.Text.Json;
using Hufu.Ledger;
using Hufu.Records.Storage.Ledger;
using Hufu.Testing;

namespace Hufu.Cli.Tests;

/// <summary>Each verb does what its help says, and its exit code says how it went.</summary>
public sealed class VerbTests(Sample sample)
{
    private const string Rule = """
        title: Failed password
        id: 6f0c1c0e-6c1f-4a58-9b0a-0c2b8a5d7f10
        logsource: { product: linux, service: sshd }
        detection:
          failed: { message|contains: 'Failed password' }
          condition: failed
        level: low
        """;

    [Theory]
    [InlineData("serve")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("logs", "search")]
    [InlineData("logs", "ingest")]
    [InlineData("logs", "tail")]
    [InlineData("logs", "saved")]
    [InlineData("logs", "saved", "run")]
    [InlineData("logs", "prove")]
    [InlineData("hunt")]
    [InlineData("sigma", "check")]
    [InlineData("sigma", "test")]
    [InlineData("sigma", "sql")]
    [InlineData("rules", "list")]
    [InlineData("rules", "import")]
    [InlineData("rules", "diff")]
    [InlineData("rules", "apply")]
    [InlineData("rules", "rollback")]
    [InlineData("parse")]
    [InlineData("time", "query")]
    [InlineData("time", "read")]
    [InlineData("report", "output")]
    [InlineData("report", "outputs")]
    [InlineData("report", "ledger")]
    [InlineData("report", "monitoring")]
    [InlineData("verify")]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("user", "list")]
    [InlineData("user", "add")]
    [InlineData("user", "disable")]
    [InlineData("user", "reset")]
    [InlineData("user", "roles")]
    [InlineData("seed")]
    public async Task Help_names_the_exit_codes(params string[] verb)
    {
        var outcome = await Program.OkAsync([.. verb, "--help"]);
        Assert.Contains("Exit code", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Wrong_arguments_and_missing_data_are_refused_on_standard_error()
    {
        var wrong = await Program.RunAsync("verify", "--nonsense");
        Assert.True(wrong.Code == 2 && wrong.Error.Contains("--nonsense", StringComparison.Ordinal), wrong.ToString());
        var missing = await Program.RunAsync("export", "assets", "-", "--data", sample.Free());
        Assert.True(missing.Code == 2 && missing.Out.Length == 0 && missing.Error.Contains("--data", StringComparison.Ordinal), missing.ToString());
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    [InlineData("ods")]
    public async Task What_is_exported_is_imported_unchanged(string format)
    {
        var file = sample.Free() + "." + format;
        await Program.OkAsync("export", "assets", file, "--data", sample.Master);
        var back = await Program.OkAsync("import", "assets", file, "--summary", "--data", sample.Master);
        Assert.Contains($"0 new, 0 changed, {Sample.Assets} unchanged, 0 refused", back.Out, StringComparison.Ordinal);
        var again = await Program.RunAsync("export", "assets", file, "--data", sample.Master);
        Assert.True(again.Code == 2 && again.Error.Contains("exists already", StringComparison.Ordinal), again.ToString());
    }

    [Fact]
    public async Task An_export_is_filtered_and_comes_as_JSON_lines()
    {
        var outcome = await Program.OkAsync("export", "risk.asset", "-", "--format", "jsonl", "--where", "code==A-00007", "--data", sample.Master);
        using var row = JsonDocument.Parse(Assert.Single(outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("主機 7", row.RootElement.GetProperty("title").GetString());
        var unknown = await Program.RunAsync("export", "assets", "-", "--where", "nothing=1", "--data", sample.Master);
        Assert.True(unknown.Code == 2 && unknown.Error.Contains("nothing=1", StringComparison.Ordinal), unknown.ToString());
    }

    [Fact]
    public async Task Logs_are_found_and_nothing_found_says_so()
    {
        var found = await Program.OkAsync("logs", "search", "src_ip:203.0.113.9", "--from", "2026-11-22T00:00:00Z", "--format", "jsonl", "--limit", "1000", "--data", sample.Master);
        Assert.Equal(30, found.Out.Count(c => c == '\n'));
        Assert.Equal(1, (await Program.RunAsync("logs", "search", "src_ip:198.51.100.1", "--data", sample.Master)).Code);
        var bad = await Program.RunAsync("logs", "search", "app:(", "--data", sample.Master);
        Assert.True(bad.Code == 2 && bad.Error.Length > 0, bad.ToString());
        var time = await Program.RunAsync("logs", "search", "--from", "yesterday", "--data", sample.Master);
        Assert.True(time.Code == 2 && time.Error.Contains("yesterday", StringComparison.Ordinal), time.ToString());
    }

    [Fact]
    public async Task The_same_log_again_adds_nothing_and_raises_nothing()
    {
        var data = sample.Copy();
        var alerts = Sample.Scalar(data, "SELECT count(*) FROM monitoring_alert");
        Assert.NotEqual(0L, alerts);
        var again = await Program.OkAsync("logs", "ingest", sample.File("renamed.log", Sample.Guessing("203.0.113.9", 30)), "--data", data);
        Assert.Contains("imported before", again.Out, StringComparison.Ordinal);
        Assert.Equal(alerts, Sample.Scalar(data, "SELECT count(*) FROM monitoring_alert"));
    }

    [Fact]
    public async Task An_event_is_proved_without_the_data()
    {
        var bundle = sample.Free() + ".json";
        await Program.OkAsync("logs", "prove", "00000001/12", "--out", bundle, "--data", sample.Master);
        var key = Path.Combine(sample.Master, "ledger-verifier.key");
        var proved = await Program.OkAsync("verify", "--bundle", bundle, "--key", key, "--data", sample.Free());
        Assert.Contains("invalid user u12 from 203.0.113.9", proved.Out, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(bundle, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(text);
        foreach (var name in new[] { "leafBytes", "root", "payload", "salt", "ledgerProof" })
        {
            // One character of each part is enough to break it.
            var value = json.RootElement.GetProperty(name).GetRawText();
            var at = value.Length / 2;
            while (!char.IsAsciiLetterOrDigit(value[at])) at++;
            var changed = value[..at] + (value[at] == '0' ? '1' : '0') + value[(at + 1)..];
            var outcome = await Program.RunAsync("verify", "--bundle", sample.File("bundle.json", text.Replace(value, changed, StringComparison.Ordinal)), "--key", key);
            Assert.True(outcome.Code != 0, $"{name}: {outcome}");
        }

        var none = await Program.RunAsync("logs", "prove", "00000009/1", "--data", sample.Master);
        Assert.True(none.Code == 2 && none.Error.Contains("00000009/1", StringComparison.Ordinal), none.ToString());
    }

    [Fact]
    public async Task A_proof_signed_with_another_key_is_refused()
    {
        var bundle = sample.Free() + ".json";
        await Program.OkAsync("logs", "prove", "00000001/3", "--out", bundle, "--data", sample.Master);
        var other = sample.Free();
        await using (var server = await Program.ServeAsync(other)) await server.StopAsync();
        await Program.OkAsync("user", "add", "rescue", "Rescue", "--data", other);
        Assert.Equal(1, (await Program.RunAsync("verify", "--bundle", bundle, "--key", Path.Combine(other, "ledger-verifier.key"))).Code);
    }

    [Fact]
    public async Task Rules_are_checked_with_the_place_of_the_fault()
    {
        await Program.OkAsync("sigma", "check", sample.File("good.yml", Rule));
        var bad = sample.File("bad.yml", Rule.Replace("condition: failed", "condition: failed and nothing", StringComparison.Ordinal));
        var outcome = await Program.RunAsync("sigma", "check", bad, "--format", "csv");
        Assert.True(outcome.Code == 1 && outcome.Out.Contains("bad.yml:", StringComparison.Ordinal), outcome.ToString());
        Assert.Equal(2, (await Program.RunAsync("sigma", "check", "no-such-file.yml")).Code);
    }

    [Fact]
    public async Task Rules_find_the_same_in_a_file_and_in_the_store()
    {
        var rule = sample.File("rule.yml", Rule);
        var test = await Program.OkAsync("sigma", "test", rule, "--events", sample.File("auth.log", Sample.Guessing("203.0.113.9", 30)), "--format", "jsonl");
        Assert.Equal(30, test.Out.Count(c => c == '\n'));
        var hunt = await Program.OkAsync("hunt", rule, "--format", "jsonl", "--data", sample.Master);
        Assert.Equal(50, hunt.Out.Count(c => c == '\n'));
        Assert.Equal("", (await Program.OkAsync("hunt", rule, "--format", "jsonl", "--to", "2020-01-01", "--data", sample.Master)).Out);
    }

    [Fact]
    public async Task A_locked_out_administrator_gets_back_and_that_is_in_the_ledger()
    {
        var data = sample.Copy();
        Sample.Scalar(data, "UPDATE person SET lockout_end = 32503680000000000, access_failed_count = 9");
        var reset = await Program.OkAsync("user", "reset", "rescue", "--second-factor", "--reason", "telephone lost", "--data", data);
        Assert.Equal(20, reset.Out.Trim().Length);
        Assert.DoesNotContain(reset.Out.Trim(), reset.Error, StringComparison.Ordinal);
        Assert.Contains("telephone lost", (string)Sample.Scalar(data, "SELECT group_concat(payload) FROM change WHERE action = 'temporary-password'")!, StringComparison.Ordinal);
        var list = await Program.OkAsync("user", "list", "--format", "jsonl", "--data", data);
        Assert.Contains("\"password\":\"temporary\"", list.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("lockedUntil", list.Out, StringComparison.Ordinal);
        Assert.StartsWith("INTACT", (await Program.OkAsync("verify", "--data", data)).Out, StringComparison.Ordinal);
        Assert.Equal(0L, Sample.Scalar(data, "SELECT count(*) FROM change WHERE position IS NULL"));
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        var data = sample.Copy();
        var disabled = await Program.RunAsync("user", "disable", "rescue", "--data", data);
        Assert.True(disabled.Code == 2 && disabled.Error.Contains("identity.last-administrator", StringComparison.Ordinal), disabled.ToString());
        var taken = await Program.RunAsync("user", "roles", "rescue", "--take", "administrator", "--data", data);
        Assert.True(taken.Code == 2 && taken.Error.Contains("identity.last-administrator", StringComparison.Ordinal), taken.ToString());
        await Program.OkAsync("user", "add", "second", "Second", "--role", "administrator", "--data", data);
        await Program.OkAsync("user", "disable", "rescue", "--data", data);
    }

    [Fact]
    public async Task Content_is_taken_whole_or_not_at_all()
    {
        var data = sample.Copy();
        var (good, bad) = (sample.File("good.yml", Rule), sample.File("bad.yml", "title: nothing"));
        Assert.Equal(1, (await Program.RunAsync("seed", good, bad, "--data", data)).Code);
        Assert.False(Directory.Exists(Path.Combine(data, "rules")));
        await Program.OkAsync("seed", good, "--data", data);
        Assert.True(File.Exists(Path.Combine(data, "rules", "good.yml")));
    }

    [Fact]
    public async Task The_evidence_of_an_output_is_one_zip()
    {
        var listed = await Program.RunAsync("report", "outputs", "--format", "jsonl", "--data", sample.Master);
        Assert.True(listed.Code == 1, listed.ToString());
        var code = listed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).First(r => r.GetProperty("records").GetInt32() > 0).GetProperty("output").GetString()!;
        var file = sample.Free() + ".zip";
        await Program.OkAsync("report", "output", code, file, "--data", sample.Master);
        using var zip = System.IO.Compression.ZipFile.OpenRead(file);
        Assert.NotNull(zip.GetEntry("ledger/checkpoint"));
        Assert.Equal(2, (await Program.RunAsync("report", "output", "O99.9", sample.Free(), "--data", sample.Master)).Code);
        var ledger = await Program.OkAsync("report", "ledger", "--format", "csv", "--data", sample.Master);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"leaves,{Sample.Scalar(sample.Master, "SELECT count(*) FROM change")},"), ledger.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Monitoring_reports_are_listed_and_one_that_is_not_there_is_refused()
    {
        var listed = await Program.OkAsync("report", "monitoring", "--format", "csv", "--data", sample.Master);
        Assert.StartsWith("number,kind,period,state,events,alerts,incidents", listed.Out, StringComparison.Ordinal);
        var file = sample.Free() + ".docx";
        Assert.Equal(2, (await Program.RunAsync("report", "monitoring", "MRP-1999-0001", file, "--data", sample.Master)).Code);
        Assert.Equal(2, (await Program.RunAsync("report", "monitoring", "MRP-1999-0001", "--data", sample.Master)).Code);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_verb_says_that_a_database_of_another_version_is_for_the_server_to_upgrade()
    {
        var old = sample.Copy();
        await OldDatabase.MakeAsync(old);
        var newer = sample.Copy();
        Sample.Scalar(newer, "INSERT INTO \"__EFMigrationsHistory\" VALUES ('99990101000000_Future', '10.0.0')");
        var empty = sample.Free();
        Directory.CreateDirectory(empty);
        await File.WriteAllBytesAsync(Path.Combine(empty, "hufu.db"), [], TestContext.Current.CancellationToken);
        foreach (var (data, words) in new[] { (old, "hufu serve"), (newer, "99990101000000_Future"), (empty, "hufu serve") })
            foreach (var verb in new[] { new[] { "export", "assets", "-" }, ["verify"], ["report", "outputs"], ["user", "list"] })
            {
                var outcome = await Program.RunAsync([.. verb, "--data", data]);
                Assert.True(outcome.Code == 2 && outcome.Out.Length == 0 && outcome.Error.Contains(words, StringComparison.Ordinal) && !outcome.Error.Contains("no such", StringComparison.Ordinal), outcome.ToString());
            }

        Assert.Equal(1, OldDatabase.Applied(Path.Combine(old, "hufu.db")));
    }

    [Fact]
    public async Task A_pack_that_leaves_records_out_says_so_and_holds_what_outsiders_vouched_for()
    {
        var data = sample.Copy();
        var files = new LedgerFiles(data);
        await ImportAsync("M", 600);
        var early = LedgerReader.Open(files.Folder).Value.Checkpoint;
        var witness = NoteSigner.Generate("witness.example/w", NoteAlgorithm.CosignatureV1);
        var anchors = new LedgerAnchors(files);
        Assert.True(anchors.AddCosignatures(Encoding.UTF8.GetString(early.With(witness.Cosign(early.Note.Text, DateTimeOffset.UnixEpoch)).Bytes.Span), [witness.VerifierKey]).IsOk);
        byte[] token = [1, 2, 3, 0, 200];
        anchors.AddTimestamp(early, token);
        await ImportAsync("P", 1);
        var later = LedgerReader.Open(files.Folder).Value.Checkpoint;
        anchors.AddTimestamp(later, token);
        await ImportAsync("Q", 1);

        var listed = await Program.RunAsync("report", "outputs", "--format", "jsonl", "--data", data);
        var code = listed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).First(r => r.GetProperty("records").GetInt32() >= 600).GetProperty("output").GetString()!;
        var file = sample.Free() + ".zip";
        await Program.OkAsync("report", "output", code, file, "--data", data);
        using var zip = System.IO.Compression.ZipFile.OpenRead(file);
        var index = Encoding.UTF8.GetString(Bytes("index.html"));
        Assert.Contains("500", index, StringComparison.Ordinal);
        Assert.Contains("652", index, StringComparison.Ordinal);
        Assert.Equal(500, zip.Entries.Count(e => e.FullName.StartsWith("records/", StringComparison.Ordinal) && e.FullName.EndsWith(".html", StringComparison.Ordinal)));

        var folder = string.Create(CultureInfo.InvariantCulture, $"ledger/anchors/{early.Checkpoint.Size}/");
        // Of the two newest changes one is before the later stamp and the other has none yet.
        string[] vouched = [.. zip.Entries.Where(e => e.FullName.StartsWith("ledger/anchors/", StringComparison.Ordinal) && e.Name == "checkpoint").Select(e => e.FullName)];
        Assert.Equal(2, vouched.Length);
        Assert.Equal(early.Bytes.ToArray(), Bytes(folder + "checkpoint"));
        Assert.Equal(token, Bytes(folder + "timestamp.tst"));
        var cosigned = SignedCheckpoint.Parse(Bytes(folder + "cosigned"));
        Assert.True(cosigned.Value.Verify(new LedgerTrust(files.Verifier().Value) { WitnessKeys = [witness.VerifierKey], RequiredWitnesses = 1 }).IsOk);
        var now = SignedCheckpoint.Parse(Bytes("ledger/checkpoint")).Value.Checkpoint;
        Assert.True(now.Size > early.Checkpoint.Size);
        var hashes = Encoding.UTF8.GetString(Bytes(folder + "consistency")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(h => new MerkleHash(Convert.FromBase64String(h))).ToList();
        Assert.True(MerkleProof.VerifyConsistency(new ConsistencyProof(early.Checkpoint.Size, now.Size, hashes), early.Checkpoint.Root, now.Root));

        Task<Outcome> ImportAsync(string prefix, int count) => Program.OkAsync("import", "assets", sample.File("many.csv", Sample.AssetList(prefix, count)), "--commit", "--summary", "--data", data);

        byte[] Bytes(string name)
        {
            using var stream = zip.GetEntry(name)!.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
    }

    [Fact]
    public async Task A_log_is_parsed_without_any_data()
    {
        var outcome = await Program.OkAsync("parse", sample.File("x.log", "<999>1 - h a - - - hi\n"), "--as", "rfc5424");
        Assert.Contains("\"problems\":[\"syslog.pri\"]", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("0 to 191", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_log_of_Windows_is_parsed_and_hunted_in_as_a_file_and_in_the_store()
    {
        // Three chunks of four failed logons each; the second chunk has lost its beginning.
        var chunks = Enumerable.Range(0, 3).Select(chunk =>
        {
            var writer = new EvtxChunkWriter();
            for (var i = 0; i < 4; i++) writer.Add((ulong)(chunk * 4 + i), DateTime.UtcNow, Failed(chunk * 4 + i));
            return writer.Finish();
        }).ToArray();
        chunks[1][0] = 0;
        var bytes = EvtxFileWriter.File(chunks);
        var file = sample.File("security.evtx", "");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        var parsed = await Program.OkAsync("parse", file);
        Assert.Equal(8, parsed.Out.Count(c => c == '\n'));
        Assert.Contains("\"format\":\"evtx\"", parsed.Out, StringComparison.Ordinal);
        Assert.Contains("[evtx.chunk-magic]", parsed.Error, StringComparison.Ordinal);

        var rule = sample.File("logon.yml", """
            title: Failed logon
            logsource:
              product: windows
              service: security
            detection:
              sel:
                Provider_Name: Microsoft-Windows-Security-Auditing
                EventID: 4625
                TargetUserName|startswith: user1
              condition: sel
            """);
        var test = await Program.OkAsync("sigma", "test", rule, "--events", file, "--format", "jsonl");
        Assert.Equal(["user1", "user10", "user11"], Matched(test.Out));
        var data = sample.Copy();
        var ingested = await Program.OkAsync("logs", "ingest", file, "--data", data);
        Assert.Contains("8 events added, 0 with problems", ingested.Out, StringComparison.Ordinal);
        Assert.Contains("[evtx.chunk-magic]", ingested.Error, StringComparison.Ordinal);
        var hunted = await Program.OkAsync("hunt", rule, "--format", "jsonl", "--data", data);
        Assert.Equal(["user1", "user10", "user11"], hunted.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("matched").EnumerateArray().Single(field => field.GetProperty("field").GetString() == "TargetUserName").GetProperty("value").GetString()!).Order(StringComparer.Ordinal));

        static IEnumerable<string> Matched(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("fields").GetProperty("TargetUserName").GetString()!).Order(StringComparer.Ordinal);

        static WElement Failed(int number) => W.E("Event",
            W.E("System", W.E("Provider", W.A("Name", "Microsoft-Windows-Security-Auditing")), W.E("EventID", W.T("4625")), W.E("TimeCreated", W.A("SystemTime", "2026-11-22T02:10:00.1234567Z")), W.E("Channel", W.T("Security")), W.E("Computer", W.T("DC1"))),
            W.E("EventData", W.E("Data", W.A("Name", "TargetUserName"), W.T($"user{number}"))));
    }
}
