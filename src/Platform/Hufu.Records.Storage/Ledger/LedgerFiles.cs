using Hufu.Kernel;
using Hufu.Ledger;

namespace Hufu.Records.Storage.Ledger;

/// <summary>Where the ledger and its keys are in the data folder.</summary>
public sealed class LedgerFiles(string dataFolder)
{
    /// <summary>Folder of tiles and checkpoint.</summary>
    public string Folder => Path.Combine(dataFolder, "ledger");

    /// <summary>The key that signs checkpoints. Whoever has it can sign in this organisation's name.</summary>
    public string SigningKey => Path.Combine(dataFolder, "keys", "ledger.key");

    /// <summary>The key that others verify with; one line, public.</summary>
    public string VerifierKey => Path.Combine(dataFolder, "ledger-verifier.key");

    /// <summary>Reads the signing key, or makes one when there is neither key nor ledger.</summary>
    public Result<NoteSigner> Signer()
    {
        if (File.Exists(SigningKey)) return NoteSigner.Parse(File.ReadAllText(SigningKey).Trim());
        if (File.Exists(Path.Combine(Folder, "checkpoint")))
            return Result.Fail<NoteSigner>(Error.Of("ledger.key-missing", $"帳本存在，但找不到簽章金鑰 {SigningKey}。請由備份還原金鑰。", $"There is a ledger but its signing key {SigningKey} is missing. Restore the key from a backup.", SigningKey));
        var signer = NoteSigner.Generate("hufu/" + Guid.NewGuid().ToString("N")[..12]);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(SigningKey)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(SigningKey, options)) file.WriteLine(signer.ExportPrivateKey());
        File.WriteAllText(VerifierKey, signer.VerifierKey + "\n");
        return Result.Of(signer);
    }

    /// <summary>The key to verify with.</summary>
    public Result<NoteVerifierKey> Verifier() => File.Exists(VerifierKey)
        ? NoteVerifierKey.Parse(File.ReadAllText(VerifierKey).Trim())
        : Result.Fail<NoteVerifierKey>(Error.Of("ledger.verifier-missing", $"找不到驗證金鑰 {VerifierKey}。", $"The verifier key {VerifierKey} is missing.", VerifierKey));
}
