using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Hufu.Ledger;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Standard;

/// <summary>A module whose evidence files speak of changes of the ledger, beside those of the record that they are attached to.</summary>
public interface IEvidenceProofs
{
    /// <summary>What those changes are called in the change log. No others go into the pack, whatever a file says.</summary>
    string ChangeTypeKey { get; }

    /// <summary>The changes that a file refers to; none when it is not one of the module's.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="file">Its content.</param>
    /// <param name="cancellation">Cancels.</param>
    Task<IReadOnlyCollection<Guid>> ChangesAsync(Evidence evidence, Stream file, CancellationToken cancellation);
}

/// <summary>
/// The evidence of one output as a zip that an auditor can read and verify without the product: each record as a page and as data, its
/// history, its files, the ledger's proof of every change, the checkpoint and the key.
/// </summary>
public sealed class EvidencePack(RecordStore store, RecordPresenter presenter, FileVault vault, LedgerFiles ledger, LedgerAnchors anchors, LedgerSequencer sequencer, IEnumerable<IEvidenceProofs> further)
{
    private const int MaxRecords = 500;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<byte[]> BuildAsync(Actor actor, StandardTask task, StandardOutput output, CancellationToken cancellation = default)
    {
        await sequencer.FlushAsync(cancellation);
        var reader = LedgerReader.Open(ledger.Folder);
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            var (index, left) = (new StringBuilder(), new StringBuilder());
            var proofs = new HashSet<long>();
            foreach (var type in store.Types.ForOutput(output.Code).Concat(store.Types.All.Where(t => !t.Outputs.Contains(output.Code))).Where(t => actor.ScopeOf(t, Right.Read) is not null))
            {
                var named = await store.Db.Evidence.AsNoTracking().Where(e => e.Output == output.Code && e.TypeKey == type.Key && e.WithdrawnAt == null).Select(e => e.RecordId).Distinct().ToListAsync(cancellation);
                var total = 0;
                if (type.ClrType == typeof(Occurrence))
                {
                    var due = Occurrences.OfOutput(store, actor, output.Code);
                    total = await due.CountAsync(cancellation);
                    named = [.. named.Union(await due.OrderByDescending(o => o.DueOn).Take(MaxRecords).Select(o => o.Id).ToListAsync(cancellation))];
                }

                IReadOnlyList<Record> records;
                if (!type.Outputs.Contains(output.Code)) records = [.. (await store.NamesAsync(type, named, cancellation)).Values.Where(r => actor.May(type, Right.Read, r))];
                else if (await store.ListAsync(actor, type, new RecordQuery { PageSize = MaxRecords }, cancellation) is { IsOk: true } page) (records, total) = (page.Value.Records, page.Value.Total);
                else records = [];
                if (total > MaxRecords) left.Append(System.Globalization.CultureInfo.InvariantCulture, $"<p><strong>{WebUtility.HtmlEncode(T("board.pack-partial", type.PluralName, MaxRecords, total))}</strong></p>");
                await presenter.LoadAsync(type, records);
                foreach (var record in records)
                {
                    index.Append(System.Globalization.CultureInfo.InvariantCulture, $"<li><a href=\"records/{record.Number}.html\">{record.Number}</a> {WebUtility.HtmlEncode(record.Title)}</li>");
                    await AddRecordAsync(zip, type, record, reader.IsOk ? reader.Value : null, proofs, cancellation);
                }
            }

            Write(zip, "index.html", Html(output.Code + " " + output.Name, $"<p>{WebUtility.HtmlEncode(task.Code + " " + task.Name)}</p><p>{WebUtility.HtmlEncode(output.Hint.ToString())}</p>{left}<ul>{index}</ul>"));
            if (reader.IsOk)
            {
                Write(zip, "ledger/checkpoint", reader.Value.Checkpoint.Bytes.Span);
                AddAnchors(zip, reader.Value, proofs);
            }

            if (File.Exists(ledger.VerifierKey)) Write(zip, "ledger/verifier.key", await File.ReadAllTextAsync(ledger.VerifierKey, cancellation));
            Write(zip, "VERIFY.txt", Guide);
        }

        return buffer.ToArray();
    }

    private async Task AddRecordAsync(ZipArchive zip, RecordType type, Record record, LedgerReader? reader, HashSet<long> proofs, CancellationToken cancellation)
    {
        var history = await store.Db.Changes.AsNoTracking().Where(c => c.RecordId == record.Id).OrderBy(c => c.Id).ToListAsync(cancellation);
        var evidence = await store.Db.Evidence.AsNoTracking().Where(e => e.RecordId == record.Id).OrderBy(e => e.Id).ToListAsync(cancellation);
        var body = new StringBuilder("<table>");
        foreach (var field in type.Fields.Where(f => !f.Sensitive && f.GetText(record) is not null)) body.Append(System.Globalization.CultureInfo.InvariantCulture, $"<tr><th>{WebUtility.HtmlEncode(field.Label.ToString())}</th><td>{WebUtility.HtmlEncode(presenter.Text(field, record))}</td></tr>");
        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"</table><h2>{T("web.evidence")}</h2><ul>");
        foreach (var item in evidence)
        {
            body.Append(System.Globalization.CultureInfo.InvariantCulture, $"<li>{WebUtility.HtmlEncode(item.Title)} ({item.EffectiveOn:yyyy-MM-dd}) {(item.Sha256 is null ? "" : $"<a href=\"../files/{item.Sha256}\">SHA-256 {item.Sha256}</a>")}</li>");
            if (item.Sha256 is null || zip.Mode is not ZipArchiveMode.Create || !files.Add(item.Sha256)) continue;
            await using var file = vault.Open(item.Sha256);
            if (file is null) continue;
            await using var entry = await zip.CreateEntry("files/" + item.Sha256).OpenAsync(cancellation);
            await file.CopyToAsync(entry, cancellation);
            await entry.DisposeAsync();
            foreach (var source in further)
            {
                file.Position = 0;
                await AddChangesAsync(zip, source.ChangeTypeKey, await source.ChangesAsync(item, file, cancellation), reader, proofs, cancellation);
            }
        }

        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"</ul><h2>{T("web.history")}</h2><table>");
        foreach (var change in history)
        {
            var payload = ChangeCapture.Read(change);
            body.Append(System.Globalization.CultureInfo.InvariantCulture, $"<tr><td>{SiteTime.Format(change.At)}</td><td>{WebUtility.HtmlEncode(payload?.ActorName)}</td><td>{WebUtility.HtmlEncode(HistoryText.Action(type, change.Action))}</td><td>{WebUtility.HtmlEncode(payload?.Reason)}</td><td>{(change.Position is { } p ? $"<a href=\"../ledger/proofs/{p}.tlog-proof\">#{p}</a>" : "")}</td></tr>");
            AddProof(zip, change, reader, proofs);
        }

        body.Append("</table>");
        Write(zip, $"records/{record.Number}.html", Html($"{record.Number} {record.Title}", body.ToString()));
        Write(zip, $"records/{record.Number}.json", JsonSerializer.Serialize(new
        {
            type = type.Key,
            number = record.Number,
            id = record.Id,
            fields = type.Fields.Where(f => !f.Sensitive).ToDictionary(f => f.Key, f => f.GetText(record)),
            evidence = evidence.Select(e => new { e.Id, e.Kind, e.Title, e.EffectiveOn, e.Sha256, e.FileName, e.Size, e.Query, e.QueryFrom, e.QueryTo, e.AddedAt, e.WithdrawnAt }),
            changes = history.Select(Told),
        }, Json));
    }

    // Changes that no record of the pack has: what a file in it rests on.
    private async Task AddChangesAsync(ZipArchive zip, string typeKey, IReadOnlyCollection<Guid> uids, LedgerReader? reader, HashSet<long> proofs, CancellationToken cancellation)
    {
        var fresh = uids.Where(changes.Add).ToList();
        foreach (var change in await store.Db.Changes.AsNoTracking().Where(c => c.TypeKey == typeKey && fresh.Contains(c.Uid)).ToListAsync(cancellation))
        {
            Write(zip, $"ledger/changes/{change.Uid:D}.json", JsonSerializer.Serialize(Told(change), Json));
            AddProof(zip, change, reader, proofs);
        }
    }

    private static void AddProof(ZipArchive zip, Change change, LedgerReader? reader, HashSet<long> proofs)
    {
        if (change.Position is { } position && reader is not null && proofs.Add(position) && reader.Prove(position) is { IsOk: true } proof) Write(zip, $"ledger/proofs/{position}.tlog-proof", proof.Value.ToString());
    }

    // What others said: for each change of the pack the first time stamp and the first cosignatures of a checkpoint that holds it.
    private void AddAnchors(ZipArchive zip, LedgerReader reader, HashSet<long> proofs)
    {
        var kept = anchors.List(out _).Where(a => a.Size <= reader.Size).OrderBy(a => a.Size).ToList();
        var wanted = new SortedDictionary<long, LedgerAnchor>();
        foreach (var some in new[] { kept.FindAll(a => a.Timestamp is not null), kept.FindAll(a => a.Cosignatures.Count > 0) })
        {
            var sizes = some.ConvertAll(a => a.Size);
            foreach (var position in proofs)
            {
                var at = sizes.BinarySearch(position + 1);
                if (at < 0) at = ~at;
                if (at < some.Count) wanted.TryAdd(sizes[at], some[at]);
            }
        }

        foreach (var (size, anchor) in wanted)
        {
            if (reader.ConsistencyProof(size) is not { IsOk: true } consistency) continue;
            var folder = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ledger/anchors/{size}/");
            Write(zip, folder + "checkpoint", anchor.Checkpoint.Bytes.Span);
            Write(zip, folder + "consistency", string.Concat(consistency.Value.Hashes.Select(h => h.ToBase64() + "\n")));
            if (anchor.Cosignatures.Count > 0) Write(zip, folder + "cosigned", anchor.Cosigned.Bytes.Span);
            if (anchor.Timestamp is { } token) Write(zip, folder + "timestamp.tst", token);
        }
    }

    private static object Told(Change c) => new { c.Uid, c.At, c.Action, c.Version, c.Payload, c.Salt, c.Commitment, c.Position };

    private readonly HashSet<string> files = [];
    private readonly HashSet<Guid> changes = [];

    private static void Write(ZipArchive zip, string name, string text) => Write(zip, name, Encoding.UTF8.GetBytes(text));

    private static void Write(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using var entry = zip.CreateEntry(name).Open();
        entry.Write(content);
    }

    private static string Html(string title, string body) =>
        $"<!doctype html><html><head><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(title)}</title></head><body><h1>{WebUtility.HtmlEncode(title)}</h1>{body}</body></html>";

    private const string Guide = """
        How to verify this pack without Hufu / 不需虎符即可驗證

        1. Files: the name of each file below files/ is the SHA-256 of its content (sha256sum).
           檔案：files/ 下的檔名即其 SHA-256。
        2. Changes: records/*.json lists each change with payload, salt and commitment. commitment = SHA-256(salt bytes || payload as UTF-8).
           異動：commitment = SHA-256(salt 的位元組 || payload 的 UTF-8)。
        3. Leaves: ledger/proofs/N.tlog-proof is a C2SP tlog-proof. Its "extra" line is the leaf (base64), which holds the commitment. The
           leaf hash is SHA-256(0x00 || leaf); with the hashes of the proof it leads to the root in the signed checkpoint (RFC 6962 / RFC 9162 §2.1.3).
           帳本項：tlog-proof 的 extra 行是帳本項，內含 commitment；依 RFC 6962 由證明算出的根須等於檢查點的根。
        4. Signature: the checkpoint is a C2SP signed note (Ed25519). Verify it with ledger/verifier.key, which you should have
           obtained from the organisation before and by another way.
           簽章：檢查點為 C2SP signed note；驗證金鑰應事先由其他管道取得。
        5. Log lines: a file of kind "query" lists events with the raw line and a proof. The leaf hash is SHA-256(0x00 || leafBytes), and leafBytes
           hold the raw line; with index, size and path it leads to root (RFC 6962). "change" names ledger/changes/UID.json, whose payload says
           that root: check it as in 2 and 3. "holds" is what the server found; do not rely on it.
           日誌節錄：葉雜湊為 SHA-256(0x00 || leafBytes)，依 index、size、path 算出 root；change 指向 ledger/changes/UID.json，其 payload 載有同一 root，再依 2、3 驗證。
        6. Outside proofs, where there are any: ledger/anchors/SIZE/checkpoint is the ledger as it was at that size. timestamp.tst is an RFC 3161
           time stamp of its bytes: openssl ts -verify -token_in -in timestamp.tst -data checkpoint -CAfile ROOT.pem, with the authority's root. cosigned is
           the same note with the lines of witnesses (C2SP tlog-cosignature). consistency holds the hashes (base64) that lead from that root to the root of
           ledger/checkpoint (RFC 9162 §2.1.4.2): a change at a position below SIZE was there when the time stamp was made.
           外部證明（如有）：timestamp.tst 是 checkpoint 位元組的時戳；cosigned 另含見證者簽章；consistency 證明該檢查點是 ledger/checkpoint 的前段，
           故位置小於 SIZE 的異動在時戳當時已存在。
        """;
}
