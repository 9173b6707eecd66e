using System.Security.Cryptography;
using System.Text;
using Hufu.Logs.Cold;

namespace Hufu.Logs.Tests;

public sealed class S3PlaceTests : IAsyncDisposable
{
    private readonly S3Server server = new();
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-s3-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private S3Place Place(ColdTarget? target = null, TimeSpan? timeout = null, long partsAbove = 64 << 20) =>
        new(target ?? server.Target(), S3Place.Connect()) { Timeout = timeout ?? TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(1), PartsAbove = partsAbove, PartBytes = 5 << 20 };

    private (string Path, string Sha256) File(int length)
    {
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        var bytes = RandomNumberGenerator.GetBytes(length);
        System.IO.File.WriteAllBytes(path, bytes);
        return (path, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static async Task<ColdException> FailsAsync(Func<Task> work) => await Assert.ThrowsAsync<ColdException>(work);

    /// <summary>The examples of Amazon's reference for S3 (2013-05-24, us-east-1) and of its test suite for the signature (2015-08-30).</summary>
    [Theory]
    [InlineData("GET", "/test.txt", "", "range:bytes=0-9", "", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")]
    [InlineData("PUT", "/test$file.text", "", "date:Fri, 24 May 2013 00:00:00 GMT|x-amz-storage-class:REDUCED_REDUNDANCY", "Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")]
    [InlineData("GET", "/", "lifecycle=", "", "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")]
    [InlineData("GET", "/", "prefix=J|max-keys=2", "", "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")]
    public void TheSignatureIsThatOfThePublishedExamples(string method, string path, string query, string more, string body, string signature)
    {
        var payload = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        var headers = Pairs(more, ':').Concat([("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", payload), ("x-amz-date", "20130524T000000Z")]);
        var made = S3Signature.Authorization(method, S3Signature.Encoded(path, path: true), Pairs(query, '='), headers, payload, new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero), new S3Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"));
        Assert.EndsWith("Signature=" + signature, made, StringComparison.Ordinal);
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=", made, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "Param2=value2|Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    public void TheSignatureIsThatOfTheTestSuite(string method, string query, string signature)
    {
        var made = S3Signature.Authorization(method, "/", Pairs(query, '='), [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")], S3Signature.EmptySha256, new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero), new S3Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"));
        Assert.EndsWith("Signature=" + signature, made, StringComparison.Ordinal);
    }

    private static IEnumerable<(string, string)> Pairs(string text, char between) => text.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(p => (p[..p.IndexOf(between, StringComparison.Ordinal)], p[(p.IndexOf(between, StringComparison.Ordinal) + 1)..]));

    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(13_000_000)]
    public async Task WhatIsWrittenIsReadBack_AlsoInParts(int length)
    {
        var (path, sha256) = File(length);
        using var place = Place(partsAbove: 6 << 20);
        Assert.Null(await place.LengthAsync("a.parquet", Stop));
        await place.PutAsync("a.parquet", path, sha256, Stop);
        Assert.Equal(length, await place.LengthAsync("a.parquet", Stop));
        Assert.Equal((sha256, (long)length), await ColdFiles.HashAsync(place, "a.parquet", Stop));
        Assert.Equal("hufu/one/a.parquet", Assert.Single(server.Objects).Key);
        if (length > 6 << 20) Assert.Equal(3, server.Calls.Count(c => c.Contains("partNumber", StringComparison.Ordinal)));
        await place.DeleteAsync("a.parquet", Stop);
        await place.DeleteAsync("a.parquet", Stop);
        Assert.Empty(server.Objects);
        Assert.Equal(0, server.OpenUploads);
        Assert.Equal(ColdFault.Missing, (await FailsAsync(() => place.ReadAsync("a.parquet", new MemoryStream(), Stop))).Fault);
        Assert.All(server.Heads, head => Assert.DoesNotContain(S3Server.Secret, head, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("part")]
    [InlineData("end")]
    [InlineData("odd")]
    public async Task AnUploadInPartsThatFailsLeavesNothing(string where)
    {
        var (path, sha256) = File(13_000_000);
        using var place = Place(partsAbove: 6 << 20);
        server.Before = call => Task.FromResult(
            where == "part" && call.Query.GetValueOrDefault("partNumber") == "2" ? S3Answer.Error(403, "AccessDenied")
            // A failure behind an answer that begins well.
            : where == "end" && call.Method == "POST" && call.Query.ContainsKey("uploadId") ? S3Answer.Error(200, "InternalError", "We encountered an internal error.")
            : where == "odd" && call.Query.ContainsKey("uploads") ? new S3Answer(200, "<html>") : null);
        var failure = await FailsAsync(() => place.PutAsync("a.parquet", path, sha256, Stop));
        Assert.Equal(where == "end" ? ColdFault.Unreachable : ColdFault.Refused, failure.Fault);
        Assert.Empty(server.Objects);
        Assert.Equal(0, server.OpenUploads);
    }

    [Fact]
    public async Task FaultsOfTheServerAreTriedAgain_RefusalsAreNot()
    {
        var (path, sha256) = File(1_000);
        using var place = Place();
        var failures = 2;
        server.Before = _ => Task.FromResult(failures-- > 0 ? S3Answer.Error(503, "SlowDown") : null);
        await place.PutAsync("a.parquet", path, sha256, Stop);
        Assert.Equal(3, server.Calls.Count);
        failures = 3;
        Assert.Equal(ColdFault.Unreachable, (await FailsAsync(() => place.PutAsync("a.parquet", path, sha256, Stop))).Fault);
        Assert.Equal(6, server.Calls.Count);
        server.Before = _ => Task.FromResult<S3Answer?>(S3Answer.Error(403, "AccessDenied"));
        Assert.Equal(ColdFault.Refused, (await FailsAsync(() => place.PutAsync("a.parquet", path, sha256, Stop))).Fault);
        Assert.Equal(7, server.Calls.Count);
    }

    [Fact]
    public async Task WhatIsWrongIsSaidInWords_WithoutSecrets()
    {
        var (path, sha256) = File(1_000);
        await Says(server.Target(region: "eu-9"), ColdFault.Refused, "The region of cold-logs is tw-1, not eu-9.", "的區域是 tw-1");
        await Says(server.Target(secret: "wrong-secret-wrong-secret"), ColdFault.Refused, "HUFU_LOGS_COLD_SECRET", "HUFU_LOGS_COLD_SECRET");
        await Says(server.Target(key: "AKWRONGWRONG"), ColdFault.Refused, "HUFU_LOGS_COLD_KEY", "HUFU_LOGS_COLD_KEY");
        server.Ahead = TimeSpan.FromHours(1);
        await Says(server.Target(), ColdFault.Refused, "clocks", "時鐘");
        server.Ahead = TimeSpan.Zero;
        server.Room = 10;
        await Says(server.Target(), ColdFault.Full, "no room", "沒有空間");
        server.Room = long.MaxValue;
        server.Before = _ => Task.FromResult<S3Answer?>(S3Answer.Error(400, "Odd", $"{S3Server.Secret} {S3Server.AccessKey}\u0085"));
        await Says(server.Target(), ColdFault.Refused, "HTTP 400 Odd", "HTTP 400 Odd");
        server.Before = _ => Task.FromResult<S3Answer?>(new S3Answer(301) { Headers = [("Location", "http://127.0.0.1:1/"), ("x-amz-bucket-region", "ap-7")] });
        await Says(server.Target(), ColdFault.Refused, "ap-7", "ap-7");
        server.Before = _ => Task.FromResult<S3Answer?>(S3Answer.Error(404, "NoSuchBucket"));
        await Says(server.Target(), ColdFault.Refused, "no bucket cold-logs", "沒有儲存貯體");

        async Task Says(ColdTarget target, ColdFault fault, string en, string zh)
        {
            using var place = Place(target);
            var failure = await FailsAsync(() => place.PutAsync("a.parquet", path, sha256, Stop));
            Assert.Equal(fault, failure.Fault);
            Assert.Contains(en, failure.Words.En, StringComparison.Ordinal);
            Assert.Contains(zh, failure.Words.Zh, StringComparison.Ordinal);
            foreach (var hidden in (string[])[S3Server.Secret, S3Server.AccessKey, "AKWRONGWRONG", "wrong-secret"]) Assert.DoesNotContain(hidden, failure + failure.Words.Zh + target, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhatHangsOrIsCutEnds()
    {
        var (path, sha256) = File(300_000);
        using var place = Place(timeout: TimeSpan.FromMilliseconds(300));
        await place.PutAsync("a.parquet", path, sha256, Stop);
        var calls = server.Calls.Count;
        server.Before = async _ =>
        {
            await Task.Delay(TimeSpan.FromSeconds(20), Stop);
            return null;
        };
        Assert.Contains("did not answer", (await FailsAsync(() => place.ReadAsync("a.parquet", new MemoryStream(), Stop))).Message, StringComparison.Ordinal);
        Assert.Equal(calls + 3, server.Calls.Count);
        using var cancelled = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => place.ReadAsync("a.parquet", new MemoryStream(), cancelled.Token));
        server.Before = _ => Task.FromResult<S3Answer?>(new S3Answer(0));
        Assert.Equal(ColdFault.Unreachable, (await FailsAsync(() => place.ReadAsync("a.parquet", new MemoryStream(), Stop))).Fault);
        server.Before = _ => Task.FromResult<S3Answer?>(new S3Answer(200, Bytes: server.Objects["hufu/one/a.parquet"]) { CutAfter = 1_000 });
        Assert.Equal(ColdFault.Unreachable, (await FailsAsync(() => place.ReadAsync("a.parquet", new MemoryStream(), Stop))).Fault);
        await server.DisposeAsync();
        Assert.Contains("cannot be reached", (await FailsAsync(() => place.LengthAsync("a.parquet", Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void XmlOfAnyKindIsReadOrLeft()
    {
        Assert.Null(S3Place.Xml("<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>"u8.ToArray()));
        Assert.NotNull(S3Place.Xml("<x/>"u8.ToArray()));
        var random = new Random(7);
        var whole = Encoding.UTF8.GetBytes(S3Answer.Error(400, "Code", "Message", "<Region>x</Region>").Body);
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = whole.ToArray();
            for (var n = random.Next(1, 6); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = S3Place.Xml(bytes[..random.Next(bytes.Length + 1)]);
        }
    }

    [Theory]
    [InlineData("s3://bucket/logs?endpoint=https://store.example:9000&region=tw-1", "s3://bucket/logs/ (store.example:9000)")]
    [InlineData("s3://bucket?region=ap-northeast-1", "s3://bucket/ (s3.ap-northeast-1.amazonaws.com)")]
    [InlineData("s3://bucket/a/b/?endpoint=http://127.0.0.1:9000&cache=20", "s3://bucket/a/b/ (127.0.0.1:9000)")]
    [InlineData("s3://key:secret-x@bucket/logs?region=x", null)]
    [InlineData("s3://bucket/logs", null)]
    [InlineData("s3://b?region=x", null)]
    [InlineData("s3://bucket/../x?region=x", null)]
    [InlineData("s3://bucket/a//b?region=x", null)]
    [InlineData("s3://bucket/logs?endpoint=http://store.example:9000", null)]
    [InlineData("s3://bucket/logs?endpoint=https://user:secret-x@store.example", null)]
    [InlineData("s3://bucket/logs?endpoint=https://store.example/path", null)]
    [InlineData("s3://bucket/logs?region=x&secret=secret-x", null)]
    [InlineData("s3://bucket/logs?region=x&cache=0", null)]
    [InlineData("https://secret-x@store.example/", null)]
    [InlineData("relative/folder", null)]
    public void TargetsAreRead_OrRefusedWithoutTheirText(string text, string? name)
    {
        var read = ColdTarget.Parse(text, "the-key", "the-secret");
        if (name is not null) Assert.Equal(name, read.Value.ToString());
        else Assert.DoesNotContain("secret-x", read.Errors.Single().Message.En + read.Errors.Single().Message.Zh, StringComparison.Ordinal);
        Assert.Equal(name is not null, read.IsOk);
        if (name is not null) Assert.False(ColdTarget.Parse(text, "the-key").IsOk);
    }
}
