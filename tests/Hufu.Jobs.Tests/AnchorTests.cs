using System.Globalization;
using System.Text;
using Hufu.Jobs.Anchors;
using Hufu.Kernel;
using Hufu.Ledger;
using Hufu.Records;
using Hufu.Records.Storage.Ledger;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Tests;

/// <summary>Outsiders vouch for the ledger: OpenSSL as a time-stamp authority, and a witness that follows C2SP tlog-witness by itself.</summary>
public class AnchorTests
{
    private static readonly Actor Keeper = People.Person("Keeper", new Grant(AnchorService.Area, Right.Read | Right.Administer, Scope.All), new Grant(JobAreas.Jobs, Right.Read | Right.Administer, Scope.All));
    private static readonly Actor Reader = People.Person("Reader", new Grant(AnchorService.Area, Right.Read, Scope.All));

    [Fact]
    public async Task A_checkpoint_is_stamped_and_cosigned_and_verify_says_so()
    {
        await using var tsa = await OpenSslAuthority.StartAsync();
        await using var witness = await TestWitness.StartAsync("witness.example/one");
        await using var site = await OpenAsync();
        await SetAsync(site, new AnchorSettings(tsa.Url, tsa.Root, $"{witness.Key} {witness.Url}", 1));
        await site.CreateAsync(People.Ann, "第一件");
        witness.Log = await LogKeyAsync(site);
        var run = await RunAsync(site);
        Assert.True(run.State == JobStates.Done, run.Result?.En);
        var first = Assert.Single(site.Get<LedgerAnchors>().List(out _));
        Assert.NotNull(first.Timestamp);
        Assert.Single(first.Cosignatures);

        // The witness saw the tree grow, with a proof from what it had signed before.
        await site.CreateAsync(People.Ann, "第二件");
        await site.CreateAsync(People.Ann, "第三件");
        run = await RunAsync(site);
        Assert.True(run.State == JobStates.Done, run.Result?.En);
        var newest = site.Get<LedgerAnchors>().List(out _)[0].Size;
        Assert.True(newest >= first.Size + 2);
        Assert.Equal([(0L, first.Size), (first.Size, newest)], witness.Seen);

        var check = await VerifyAsync(site);
        Assert.True(check.IsIntact, string.Join("; ", check.Broken));
        Assert.Equal((2, 2), (check.Parts["time stamps"], check.Parts["cosignatures"]));
        Assert.All(check.Anchors, a => Assert.True(a.Stamp!.Authority.Contains("Test TSA", StringComparison.Ordinal) && a.Words is [{ Name: "witness.example/one" }]));

        // Other people's software comes to the same.
        foreach (var anchor in site.Get<LedgerAnchors>().List(out _)) Assert.Contains("Verification: OK", await tsa.VerifyAsync(anchor.Timestamp!, anchor.Checkpoint.Bytes.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_has_seen_another_size_is_told_of_from_there_and_one_that_has_seen_more_is_believed()
    {
        await using var witness = await TestWitness.StartAsync("witness.example/two");
        await using var site = await OpenAsync();
        await SetAsync(site, new AnchorSettings("", "", $"{witness.Key} {witness.Url}", 1));
        await site.CreateAsync(People.Ann, "第一件");
        witness.Log = await LogKeyAsync(site);
        Assert.Equal(JobStates.Done, (await RunAsync(site)).State);
        // What this side knows of the witness is lost, as after a restore.
        var size = Assert.Single(witness.Seen).Size;
        Directory.Delete(site.Get<LedgerAnchors>().Folder, recursive: true);
        await site.CreateAsync(People.Ann, "第二件");
        Assert.Equal(JobStates.Done, (await RunAsync(site)).State);
        Assert.Equal(size, witness.Seen[^1].Old);

        witness.Last = 1000;
        await site.CreateAsync(People.Ann, "第三件");
        var run = await RunAsync(site);
        Assert.Equal(JobStates.Failed, run.State);
        Assert.Contains("cut back", run.Result!.En, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_authority_does_not_grant_or_sign_makes_a_failed_run_with_the_reason_and_nothing_is_kept()
    {
        await using var tsa = await OpenSslAuthority.StartAsync();
        await using var other = await OpenSslAuthority.StartAsync();
        await using var site = await OpenAsync();
        await site.CreateAsync(People.Ann, "一件");
        foreach (var (answer, root, reason) in new (Func<byte[], byte[]>?, string, string)[] { (_ => [0x30, 0x03, 0x02, 0x01], tsa.Root, "not valid"), (_ => throw new InvalidOperationException(), tsa.Root, "HTTP 500"), (null, other.Root, "not trusted") })
        {
            tsa.Instead = answer;
            await SetAsync(site, new AnchorSettings(tsa.Url, root, "", 0));
            var run = await RunAsync(site);
            Assert.Equal(JobStates.Failed, run.State);
            Assert.Contains(reason, run.Result!.En, StringComparison.Ordinal);
            Assert.Contains("時戳服務", run.Result!.Zh, StringComparison.Ordinal);
            Assert.Empty(site.Get<LedgerAnchors>().List(out _));
        }
    }

    [Fact]
    public async Task A_tampered_time_stamp_and_a_tampered_cosignature_are_named()
    {
        await using var tsa = await OpenSslAuthority.StartAsync();
        await using var witness = await TestWitness.StartAsync("witness.example/three");
        await using var site = await OpenAsync();
        await SetAsync(site, new AnchorSettings(tsa.Url, tsa.Root, $"{witness.Key} {witness.Url}", 1));
        await site.CreateAsync(People.Ann, "一件");
        witness.Log = await LogKeyAsync(site);
        Assert.Equal(JobStates.Done, (await RunAsync(site)).State);
        var folder = Assert.Single(Directory.GetDirectories(site.Get<LedgerAnchors>().Folder));
        await DamagedAsync(Path.Combine(folder, "timestamp.tst"), bytes => bytes[^20] ^= 1, "timestamp.refused");
        await DamagedAsync(Path.Combine(folder, "cosignatures"), bytes => bytes[^12] = bytes[^12] == (byte)'A' ? (byte)'B' : (byte)'A', "cosignature.refused");
        await DamagedAsync(Path.Combine(folder, "checkpoint"), bytes => bytes[0] ^= 1, "anchor.checkpoint-refused");

        async Task DamagedAsync(string file, Action<byte[]> damage, string code)
        {
            var good = await File.ReadAllBytesAsync(file);
            var bad = good.ToArray();
            damage(bad);
            await File.WriteAllBytesAsync(file, bad);
            var check = await VerifyAsync(site);
            var place = Assert.Single(check.Broken, b => b.Code == code);
            Assert.StartsWith("anchors/" + Path.GetFileName(folder), place.Where, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(file, good);
            Assert.True((await VerifyAsync(site)).IsIntact);
        }
    }

    [Fact]
    public async Task Cosignatures_that_come_another_way_are_verified_before_they_are_kept()
    {
        await using var site = await OpenAsync();
        var service = site.Get<AnchorService>();
        var (known, stranger) = (NoteSigner.Generate("witness.example/known", NoteAlgorithm.CosignatureV1), NoteSigner.Generate("witness.example/stranger", NoteAlgorithm.CosignatureV1));
        var impostor = NoteSigner.Generate("witness.example/known", NoteAlgorithm.CosignatureV1);
        await SetAsync(site, new AnchorSettings("", "", known.VerifierKey.ToString(), 1));
        await site.CreateAsync(People.Ann, "一件");
        Assert.True((await site.Get<LedgerSequencer>().FlushAsync()).IsOk);
        var checkpoint = LedgerReader.Open(site.Get<LedgerFiles>().Folder).Value.Checkpoint;
        string Note(NoteSignature line) => Encoding.UTF8.GetString(checkpoint.With(line).Bytes.Span);
        string Line(NoteSignature line) => Note(line)[Encoding.UTF8.GetString(checkpoint.Bytes.Span).Length..];

        var right = known.Cosign(checkpoint.Note.Text, Site.Start);
        Refused("ledger.cosignature.unknown-key", Note(stranger.Cosign(checkpoint.Note.Text, Site.Start)));
        Refused("ledger.cosignature.unknown-key", Note(impostor.Cosign(checkpoint.Note.Text, Site.Start)));
        Refused("ledger.cosignature.wrong", Note(known.Cosign(checkpoint.Note.Text.Replace("\n1\n", "\n2\n", StringComparison.Ordinal) + "x\n", Site.Start)));
        Refused("ledger.cosignature.wrong", Line(known.Cosign("other\n1\nx\n", Site.Start)));
        Refused("ledger.cosignature.none", Encoding.UTF8.GetString(checkpoint.Bytes.Span));
        Refused("ledger.note.malformed", "no note at all");
        // Another ledger's checkpoint, rightly signed by both.
        var foreign = NoteSigner.Generate("other/log");
        var theirs = SignedCheckpoint.Sign(new Checkpoint("other/log", 1, MerkleHash.OfLeaf([1])), foreign);
        Refused("ledger.signature.unknown-key", Encoding.UTF8.GetString(theirs.With(known.Cosign(theirs.Note.Text, Site.Start)).Bytes.Span));
        Assert.False(Directory.Exists(site.Get<LedgerAnchors>().Folder));
        Assert.Equal("access.denied", (await service.AddCosignaturesAsync(Reader, Note(right))).Errors[0].Code);

        Assert.True((await service.AddCosignaturesAsync(Keeper, Line(right))).IsOk);
        // A later word of the same witness takes the place of its earlier one.
        var later = await service.AddCosignaturesAsync(Keeper, Note(known.Cosign(checkpoint.Note.Text, Site.Start.AddMinutes(1))).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.True(later.IsOk, string.Join("; ", later.Errors));
        var words = Assert.Single((await service.ReadAsync(Reader)).Value.Anchors).Words;
        Assert.Equal(Site.Start.AddMinutes(1), Assert.Single(words).Time);

        void Refused(string code, string text) => Assert.Equal(code, service.AddCosignaturesAsync(Keeper, text).Result.Errors[0].Code);
    }

    [Fact]
    public async Task Settings_are_read_before_they_are_kept_and_an_inner_address_needs_the_operator()
    {
        await using var site = await Site.OpenAsync();
        var service = site.Get<AnchorService>();
        await using var tsa = await OpenSslAuthority.StartAsync();
        var log = NoteSigner.Generate("a/log").VerifierKey;
        var witness = NoteSigner.Generate("a/witness", NoteAlgorithm.CosignatureV1).VerifierKey;
        foreach (var (settings, code, place) in new[]
        {
            (new AnchorSettings(tsa.Url, tsa.Root, "", 0), "http.address-not-allowed", "tsaUrl"),
            (new AnchorSettings("ftp://tsa.example", tsa.Root, "", 0), "http.scheme", "tsaUrl"),
            (new AnchorSettings("https://tsa.example", "", "", 0), "ledger.tsa.no-certificate", "tsaRoots"),
            (new AnchorSettings("https://tsa.example", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", 0), "ledger.tsa.certificate", "tsaRoots"),
            (new AnchorSettings("", "", $"{witness}\n{log}", 0), "ledger.witness.malformed", "witnesses"),
            (new AnchorSettings("", "", $"{witness}\n{witness}", 0), "ledger.witness.malformed", "witnesses"),
            (new AnchorSettings("", "", $"{witness} http://10.0.0.1/", 0), "http.address-not-allowed", "witnesses"),
            (new AnchorSettings("", "", witness.ToString(), 2), "ledger.witness.quorum", "quorum"),
        })
        {
            var saved = await service.SaveAsync(Keeper, settings);
            Assert.Contains((code, place), saved.Errors.Select(e => (e.Code, e.Place ?? "")));
        }

        Assert.Contains("2", (await service.SaveAsync(Keeper, new AnchorSettings("", "", $"{witness}\nx", 0))).Errors[0].Message.En, StringComparison.Ordinal);
        Assert.Equal("access.denied", (await service.SaveAsync(Reader, AnchorSettings.None)).Errors[0].Code);
        Assert.Equal(AnchorSettings.None, (await service.ReadAsync(Reader)).Value.Settings);
    }

    [Fact]
    public async Task A_clock_that_was_ahead_or_moved_back_is_told_and_breaks_nothing()
    {
        await using var tsa = await OpenSslAuthority.StartAsync();
        await using var site = await OpenAsync(new ManualClock(DateTimeOffset.UtcNow.AddDays(3)));
        await SetAsync(site, new AnchorSettings(tsa.Url, tsa.Root, "", 0));
        await site.CreateAsync(People.Ann, "未來");
        var run = await RunAsync(site);
        Assert.Equal(JobStates.Done, run.State);
        Assert.Contains("clock differs", run.Result!.En, StringComparison.Ordinal);
        Assert.Equal(["clock.ahead-of-stamp"], (await VerifyAsync(site)).Remarks.Select(r => r.Code));
        // Set back by a week: what comes after the stamp says that it came before.
        site.Clock.Advance(TimeSpan.FromDays(-7));
        await site.CreateAsync(People.Ann, "倒填");
        Assert.True((await site.Get<LedgerSequencer>().FlushAsync()).IsOk);
        var check = await VerifyAsync(site);
        Assert.True(check.IsIntact, string.Join("; ", check.Broken));
        Assert.Equal(["clock.ahead-of-stamp", "clock.behind-stamp", "clock.moved-back"], check.Remarks.Select(r => r.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_ledger_made_anew_is_found_out_by_a_checkpoint_that_was_kept_beside_it()
    {
        await using var site = await OpenAsync();
        var witness = NoteSigner.Generate("witness.example/kept", NoteAlgorithm.CosignatureV1);
        await SetAsync(site, new AnchorSettings("", "", witness.VerifierKey.ToString(), 1));
        await site.CreateAsync(People.Ann, "一件");
        Assert.True((await site.Get<LedgerSequencer>().FlushAsync()).IsOk);
        var checkpoint = LedgerReader.Open(site.Get<LedgerFiles>().Folder).Value.Checkpoint;
        Assert.True((await site.Get<AnchorService>().AddCosignaturesAsync(Keeper, Encoding.UTF8.GetString(checkpoint.With(witness.Cosign(checkpoint.Note.Text, Site.Start)).Bytes.Span))).IsOk);
        Assert.True((await VerifyAsync(site)).IsIntact);
        // Rewritten by whoever has the key: same size, other leaves.
        var files = site.Get<LedgerFiles>();
        var rewritten = Path.Combine(site.Folder, "rewritten");
        using (var writer = LedgerWriter.Open(rewritten, files.Signer().Value).Value)
            for (var i = 0; i < checkpoint.Checkpoint.Size; i++) Assert.True(writer.Append([Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture))]).IsOk);
        foreach (var name in new[] { "tile", "checkpoint" })
        {
            var (from, to) = (Path.Combine(rewritten, name), Path.Combine(files.Folder, name));
            if (File.Exists(to)) File.Delete(to);
            else Directory.Delete(to, recursive: true);
            Directory.Move(from, to);
        }

        Assert.Contains("ledger.history-rewritten", (await VerifyAsync(site)).Broken.Select(b => b.Code));
    }

    private static Task<Site> OpenAsync(ManualClock? clock = null) => Site.OpenAsync(set: o => o.Outbound.Allowed.Add("127.0.0.1"), background: true, clock: clock);

    private static async Task SetAsync(Site site, AnchorSettings settings)
    {
        var saved = await site.Get<AnchorService>().SaveAsync(Keeper, settings);
        Assert.True(saved.IsOk, string.Join("; ", saved.Errors));
    }

    private static async Task<JobRun> RunAsync(Site site)
    {
        var queued = await site.Jobs.EnqueueAsync(Keeper, AnchorService.JobKey, null);
        Assert.True(queued.IsOk, string.Join("; ", queued.Errors));
        var run = await site.WaitAsync(queued.Value.Id, JobStates.Done, JobStates.Failed);
        // A failed run is tried again later; these tests look at one run at a time.
        await using var db = site.Db();
        await db.Set<JobRun>().Where(r => r.State == JobStates.Queued).ExecuteDeleteAsync();
        return run;
    }

    private static async Task<LedgerCheckResult> VerifyAsync(Site site)
    {
        var check = await site.Get<LedgerCheck>().RunAsync([]);
        Assert.True(check.IsOk, string.Join("; ", check.Errors));
        return check.Value;
    }

    private static async Task<NoteVerifierKey> LogKeyAsync(Site site)
    {
        Assert.True((await site.Get<LedgerSequencer>().FlushAsync()).IsOk);
        return site.Get<LedgerFiles>().Verifier().Value;
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class AnchorTestsOnPostgres : AnchorTests, IOnPostgres;
