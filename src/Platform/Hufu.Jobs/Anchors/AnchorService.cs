using Hufu.Jobs.Http;
using Hufu.Kernel;
using Hufu.Ledger;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Anchors;

/// <summary>What is shown of the ledger's outside proofs.</summary>
/// <param name="Settings">Whom is asked and believed.</param>
/// <param name="Anchors">The newest anchors, judged by that.</param>
/// <param name="Unreadable">What beside the ledger could not be read.</param>
public sealed record AnchorView(AnchorSettings Settings, IReadOnlyList<JudgedAnchor> Anchors, IReadOnlyList<Error> Unreadable);

/// <summary>The door to time stamps and witnesses of the ledger: needs <c>ledger</c> Read to see and Administer to change.</summary>
public sealed class AnchorService(IDbContextFactory<HufuDbContext> factory, LedgerFiles files, LedgerAnchors anchors, SafeHttp http, DenialLog denials)
{
    /// <summary>The area whose rights are asked.</summary>
    public const string Area = "ledger";

    /// <summary>Key of the job that asks.</summary>
    public const string JobKey = LedgerAnchorJob.Key;

    private const int Shown = 50;

    /// <summary>The present state.</summary>
    public async Task<Result<AnchorView>> ReadAsync(Actor actor, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Read, "read time stamps of the ledger") is { } denied) return Result.Fail<AnchorView>(denied);
        var settings = await LoadAsync(cancellation);
        if (files.Verifier() is not { IsOk: true } key) return Result.Of(new AnchorView(settings, [], []));
        var list = anchors.List(out var unreadable, Shown);
        using var judge = new AnchorJudge(key.Value, settings);
        return Result.Of(new AnchorView(settings, [.. list.Select(judge.Judge)], unreadable));
    }

    /// <summary>Sets whom to ask and believe.</summary>
    public async Task<Result> SaveAsync(Actor actor, AnchorSettings form, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, "change time stamps of the ledger") is { } denied) return Result.Fail(denied);
        form = form with { TsaUrl = form.TsaUrl.Trim(), TsaRoots = form.TsaRoots.Trim(), Witnesses = form.Witnesses.Trim() };
        var errors = new List<Error>();
        if (form.TsaUrl.Length > 0)
        {
            if (form.TsaUrl.Length > 1000 || !Uri.TryCreate(form.TsaUrl, UriKind.Absolute, out var url)) errors.Add(Error.Of("http.scheme", "網址須以 http:// 或 https:// 開頭。", "The address must start with http:// or https://.", "tsaUrl"));
            else if (http.Check(url) is { } fault) errors.Add(fault with { Place = "tsaUrl" });
            if (form.TsaRoots.Length == 0) errors.Add(Error.Of("ledger.tsa.no-certificate", "請貼上時戳服務的根憑證：沒有它就無法驗證時戳。", "Paste the authority's root certificate: without it no time stamp can be verified.", "tsaRoots"));
        }

        if (form.TsaRoots.Length > 200_000 || form.Witnesses.Length > 20_000) errors.Add(Error.Of("ledger.anchors.too-long", "內容過長。", "This is too long.", form.TsaRoots.Length > 200_000 ? "tsaRoots" : "witnesses"));
        else
        {
            errors.AddRange(form.ReadRoots().Errors);
            var witnesses = form.ReadWitnesses();
            errors.AddRange(witnesses.Errors);
            if (witnesses.IsOk)
            {
                foreach (var witness in witnesses.Value)
                    if (witness.Url is { } address && http.Check(address) is { } fault) errors.Add(fault with { Place = "witnesses" });
                if (form.Quorum < 0 || form.Quorum > witnesses.Value.Count) errors.Add(Error.Of("ledger.witness.quorum", $"應簽署的見證者數為 0 到 {witnesses.Value.Count}。", $"The number of witnesses who should sign is 0 to {witnesses.Value.Count}.", "quorum"));
            }
        }

        if (errors.Count > 0) return Result.Fail(errors);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.ActAs(actor, "update");
        if (await db.Settings.FirstOrDefaultAsync(s => s.Key == AnchorSettings.Key, cancellation) is { } setting) setting.Value = form.ToJson();
        else db.Settings.Add(new Setting { Key = AnchorSettings.Key, Value = form.ToJson() });
        await db.SaveChangesAsync(cancellation);
        return Result.Ok;
    }

    /// <summary>Takes cosignatures that came another way than over the network. Only what a configured witness rightly signed is kept.</summary>
    public async Task<Result<LedgerAnchor>> AddCosignaturesAsync(Actor actor, string given, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, "add cosignatures to the ledger") is { } denied) return Result.Fail<LedgerAnchor>(denied);
        var witnesses = (await LoadAsync(cancellation)).ReadWitnesses();
        return witnesses.IsOk ? anchors.AddCosignatures(given, [.. witnesses.Value.Select(w => w.Key)]) : Result.Fail<LedgerAnchor>(witnesses.Errors);
    }

    private async Task<AnchorSettings> LoadAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return await AnchorSettings.LoadAsync(db, cancellation);
    }

    private async Task<Error?> DeniedAsync(Actor actor, Right right, string asked)
    {
        if (actor.IsSystem || actor.May(Area, right)) return null;
        await denials.WriteAsync(actor, asked, "access.denied");
        return Error.Of("access.denied", "您沒有管理帳本的權限。", "You do not have the right to manage the ledger.");
    }
}
