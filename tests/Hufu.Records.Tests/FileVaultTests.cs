using Hufu.Kernel;
using Hufu.Records.Storage;

namespace Hufu.Records.Tests;

public sealed class FileVaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-vault-").FullName;

    private FileVault Vault(Action<FileVaultOptions>? set = null)
    {
        var options = new FileVaultOptions { MaxBytes = 1000 };
        set?.Invoke(options);
        return new FileVault(folder, options);
    }

    private IReadOnlyList<string> Files => Directory.GetFiles(folder, "*", SearchOption.AllDirectories);

    [Fact]
    public async Task SaveAsync_NamesTheFileByItsHash_AndKeepsTheSameContentOnce()
    {
        byte[] content = [1, 2, 3];
        var saved = await Vault().SaveAsync(new MemoryStream(content), "a.pdf");
        Assert.Equal(Hashing.Sha256Hex(content), saved.Value.Sha256);
        Assert.Equal((3, "not-scanned"), (saved.Value.Size, saved.Value.Scan));
        await Vault().SaveAsync(new MemoryStream(content), "b.txt");
        Assert.Equal(saved.Value.Sha256, Path.GetFileName(Assert.Single(Files)));
        await using var read = Vault().Open(saved.Value.Sha256);
        var copy = new MemoryStream();
        await read!.CopyToAsync(copy, TestContext.Current.CancellationToken);
        Assert.Equal(content, copy.ToArray());
        Assert.True(await Vault().IsIntactAsync(saved.Value.Sha256));
    }

    [Fact]
    public async Task SaveAsync_TooLargeEmptyOrBroken_LeavesNothing()
    {
        Assert.Equal("file.too-large", (await Vault().SaveAsync(new MemoryStream(new byte[1001]), "a.pdf")).Errors[0].Code);
        Assert.Equal("file.empty", (await Vault().SaveAsync(new MemoryStream(), "a.pdf")).Errors[0].Code);
        Assert.Equal("file.not-written", (await Vault().SaveAsync(new Breaking(), "a.pdf")).Errors[0].Code);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Vault().SaveAsync(new MemoryStream(new byte[10]), "a.pdf", cancelled.Token));
        Assert.Empty(Files);
        Assert.True((await Vault().SaveAsync(new MemoryStream(new byte[1000]), "a.pdf")).IsOk);
    }

    [Theory]
    [InlineData("a.exe")]
    [InlineData("a.EXE")]
    [InlineData("a.pdf.js")]
    [InlineData("a.exe.")]
    [InlineData("a.exe . ")]
    [InlineData("a.exe:x")]
    [InlineData("報告：1.exe")]
    [InlineData("報告: 1.exe")]
    public async Task SaveAsync_RefusedEnding_LeavesNothing(string name)
    {
        Assert.Equal("file.refused-type", (await Vault().SaveAsync(new MemoryStream(new byte[10]), name)).Errors[0].Code);
        Assert.Empty(Files);
    }

    [Fact]
    public async Task IsIntactAsync_TamperedOrMissingFile_IsNoticed_AndSavingItAgainHeals()
    {
        var saved = await Vault().SaveAsync(new MemoryStream([1, 2, 3]), "a.pdf");
        File.WriteAllBytes(Assert.Single(Files), [1, 2, 4]);
        Assert.False(await Vault().IsIntactAsync(saved.Value.Sha256));
        await Vault().SaveAsync(new MemoryStream([1, 2, 3]), "a.pdf");
        Assert.True(await Vault().IsIntactAsync(saved.Value.Sha256));
        Assert.False(await Vault().IsIntactAsync(new string('0', 64)));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    [InlineData("ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789")]
    public void Open_WhatIsNoHash_IsNothing(string name) => Assert.Null(Vault().Open(name));

    [Fact]
    public async Task SaveAsync_ScannerRefusesOrHangs_LeavesNothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The scan scripts are for Linux.");
            return;
        }

        Assert.Equal("clean", (await Vault(o => o.ScanCommand = "/bin/true").SaveAsync(new MemoryStream([1]), "a.pdf")).Value.Scan);
        foreach (var file in Files) File.Delete(file);
        Assert.Equal("file.refused-by-scan", (await Vault(o => o.ScanCommand = "/bin/false").SaveAsync(new MemoryStream([1]), "a.pdf")).Errors[0].Code);
        var slow = Path.Combine(folder, "slow.sh");
        File.WriteAllText(slow, "#!/bin/sh\nsleep 30\n");
        File.SetUnixFileMode(slow, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal("file.refused-by-scan", (await Vault(o => (o.ScanCommand, o.ScanTimeout) = (slow, TimeSpan.FromMilliseconds(200))).SaveAsync(new MemoryStream([1]), "a.pdf")).Errors[0].Code);
        Assert.Equal([slow], Files);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private sealed class Breaking : MemoryStream
    {
        private int reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ++reads > 2 ? throw new IOException("The line went dead.") : ValueTask.FromResult(10);
    }
}
