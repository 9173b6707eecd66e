using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>Every refusal of this engine, with its code and its text in both languages.</summary>
internal static class LedgerErrors
{
    public static Error NoteMalformed(string zh, string en, string? place) =>
        Error.Of("ledger.note.malformed", $"這不是有效的簽署文件：{zh}。", $"This is not a signed note: {en}.", place);

    public static Error CheckpointMalformed(string zh, string en, string? place) =>
        Error.Of("ledger.checkpoint.malformed", $"這不是有效的檢查點：{zh}。", $"This is not a checkpoint: {en}.", place);

    public static Error KeyMalformed(string zh, string en) =>
        Error.Of("ledger.key.malformed", $"這不是有效的金鑰：{zh}。", $"This is not a note key: {en}.");

    public static Error BadSignature(NoteSignature signature) => Error.Of(
        "ledger.signature.wrong",
        $"金鑰 {signature} 的簽章與內容不符：檢查點在簽署後被改過，或簽章是偽造的。",
        $"The signature by {signature} does not belong to this text: the checkpoint was changed after signing, or the signature is forged.",
        signature.ToString());

    public static Error NoKnownSignature(IReadOnlyList<NoteSignature> found) => Error.Of(
        "ledger.signature.unknown-key",
        $"檢查點沒有任何信任金鑰的簽章；簽署者為 {string.Join("、", found)}。請核對公鑰設定。",
        $"The checkpoint has no signature by a trusted key; it is signed by {string.Join(", ", found)}. Check the configured verifier keys.");

    public static Error WrongOrigin(string expected, string found) => Error.Of(
        "ledger.checkpoint.wrong-origin",
        $"這是另一本帳本的檢查點：來源應為「{expected}」，實為「{found}」。",
        $"This checkpoint is of another log: the origin should be “{expected}” and is “{found}”.",
        "line 1");

    public static Error TooFewWitnesses(int required, int found) => Error.Of(
        "ledger.checkpoint.too-few-witnesses",
        $"檢查點需要 {required} 位見證者的簽章，只有 {found} 位。",
        $"The checkpoint needs the signatures of {required} witnesses and has {found}.");

    public static Error EntryTooLong(int position, int length) => Error.Of(
        "ledger.entry.too-long",
        $"第 {position} 筆有 {length} 位元組，帳本每筆上限為 {EntryBundle.MaxEntryLength} 位元組。請改存內容的雜湊值。",
        $"Entry {position} has {length} bytes; a ledger entry has {EntryBundle.MaxEntryLength} at most. Store a hash of the content instead.",
        $"entry {position}");

    public static Error BatchTooLarge(int count, int max) => Error.Of(
        "ledger.batch.too-large",
        $"一批 {count} 筆，上限為 {max} 筆。請分批附加。",
        $"The batch has {count} entries; {max} is the most. Append in several batches.");

    public static Error Locked(string path) => Error.Of(
        "ledger.locked",
        "帳本已被另一個程式開啟寫入。同一時間只能有一個寫入者。",
        "The ledger is already open for writing elsewhere. Only one writer may have it open.",
        path);

    public static Error Io(string path, string reason) => Error.Of(
        "ledger.io",
        $"無法寫入帳本：{reason}帳本維持原狀，排除原因後可再試。",
        $"The ledger could not be written: {reason} The ledger is unchanged; remove the cause and try again.",
        path);

    public static Error ReopenNeeded(string path, string reason) => Error.Of(
        "ledger.reopen-needed",
        $"寫入在最後一步失敗，狀態不明：{reason}請關閉並重新開啟帳本。",
        $"Writing failed at the last step and the state is not certain: {reason} Close the ledger and open it again.",
        path);

    public static Error Unreadable(string path, string reason) => Error.Of(
        "ledger.unreadable", $"無法讀取：{reason}", $"It cannot be read: {reason}", path);

    public static Error Missing(string path) => Error.Of(
        "ledger.file.missing", "帳本缺少這個檔案。", "The ledger lacks this file.", path);

    public static Error NoCheckpoint(string path) => Error.Of(
        "ledger.checkpoint.missing",
        "資料夾內有帳本的檔案，卻沒有檢查點：檢查點被刪除了。請自備份取回後再開啟。",
        "The folder has files of a ledger but no checkpoint: it was removed. Restore it from a backup before opening.",
        path);

    public static Error BundleMalformed(string path, string zh, string en) =>
        Error.Of("ledger.bundle.malformed", $"項目檔損壞：{zh}。", $"The entry bundle is damaged: {en}.", path);

    public static Error TileMalformed(string path, long expected, long found) => Error.Of(
        "ledger.tile.malformed", $"雜湊檔應有 {expected} 位元組，實有 {found}。", $"The tile should have {expected} bytes and has {found}.", path);

    public static Error HashMismatch(string path, MerkleHash expected, MerkleHash found) => Error.Of(
        "ledger.hash.mismatch",
        $"雜湊值不符：應為 {expected}，實為 {found}。請執行完整驗證。",
        $"The hashes differ: expected {expected}, found {found}. Run a full verification.",
        path);

    public static Error RolledBack(long known, long found) => Error.Of(
        "ledger.rolled-back",
        $"帳本曾有 {known} 筆，現在只有 {found} 筆：尾端連同檢查點被截短。",
        $"The ledger had {known} entries and now has {found}: it was cut back together with its checkpoint.");

    public static Error Rewritten(long size, MerkleHash expected, MerkleHash found) => Error.Of(
        "ledger.rewritten",
        $"帳本前 {size} 筆的樹根應為 {expected}，實為 {found}：歷史被改寫。",
        $"The root of the first {size} entries should be {expected} and is {found}: history was rewritten.");

    public static Error OutOfRange(string what, long value, long size) => Error.Of(
        "ledger.out-of-range",
        $"{what} {value} 超出帳本範圍（共 {size} 筆）。",
        $"The {what} {value} is outside the ledger, which has {size} entries.");

    public static Error ProofMalformed(string zh, string en, string? place) =>
        Error.Of("ledger.proof.malformed", $"這不是有效的證明：{zh}。", $"This is not a tlog-proof: {en}.", place);

    public static Error ProofWrong(string zh, string en) =>
        Error.Of("ledger.proof.wrong", $"證明不成立：{zh}。", $"The proof does not hold: {en}.");

    public static Error Timestamp(string zh, string en) =>
        Error.Of("ledger.timestamp.invalid", $"時戳無效：{zh}。", $"The time stamp is not valid: {en}.");

    public static Error CosignatureForAnother() => Error.Of(
        "ledger.cosignature.stale",
        "見證者簽署的不是目前的檢查點。請以目前的檢查點重新取得簽章。",
        "The witness signed another checkpoint than the present one. Ask for a signature of the present one.");
}
