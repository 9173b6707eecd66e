namespace Hufu.Indicators.Tests;

/// <summary>Normal forms: what is one thing is one value, and what is not stays apart.</summary>
public class ValueTests
{
    [Theory]
    [InlineData("1.2.3[.]4", "ip", "1.2.3.4")]
    [InlineData("1.2.3(dot)4", "ip", "1.2.3.4")]
    [InlineData("::ffff:1.2.3.4", "ip", "1.2.3.4")]
    [InlineData("2001:DB80:0:0:0:0:0:0001", "ip", "2001:db80::1")]
    [InlineData("[2606:4700::1]", "ip", "2606:4700::1")]
    [InlineData("5.6.7.0/24", "range", "5.6.7.0/24")]
    [InlineData("5.6.7.8/32", "ip", "5.6.7.8")]
    [InlineData("2606:4700::/32", "range", "2606:4700::/32")]
    [InlineData("EVIL.Com.", "domain", "evil.com")]
    [InlineData("evil[.]com", "domain", "evil.com")]
    [InlineData("惡意.台灣", "domain", "xn--7euxd.xn--kpry57d")]
    [InlineData("*.evil.com", "subdomains", "evil.com")]
    [InlineData(".evil.com", "domain-tree", "evil.com")]
    [InlineData("hxxps://Evil[.]com:443/a/../b/%7Euser?q=%2f#x", "url", "https://evil.com/b/~user?q=%2F")]
    [InlineData("hxxp[:]//evil.com", "url", "http://evil.com/")]
    [InlineData("http://user@1.2.3.4:8080/x", "url", "http://1.2.3.4:8080/x")]
    [InlineData("evil.com/path", "url", "evil.com/path")]
    [InlineData("D41D8CD98F00B204E9800998ECF8427E", "hash", "d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("Someone[at]Evil[.]com", "email", "someone@evil.com")]
    public void A_value_is_known_by_its_looks(string text, string kind, string normal)
    {
        var value = Assert.NotNull(ValueGuess.Of(text, false));
        Assert.Equal((kind, normal), (IndicatorKinds.Word(value.Kind), value.Text));
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.256")]
    [InlineData("01.2.3.4")]
    [InlineData("5.6.7.8/24")]
    [InlineData("5.6.7.0/33")]
    [InlineData("localhost")]
    [InlineData("a..b.com")]
    [InlineData("ｅｖｉｌ.com")]
    [InlineData("hello world")]
    [InlineData("abcdef0123")]
    [InlineData("/etc/passwd")]
    [InlineData("a@b@c")]
    [InlineData("")]
    public void What_is_no_value_is_none(string text) => Assert.Null(ValueGuess.Of(text, false));

    [Theory]
    [InlineData(@"HKEY_LOCAL_MACHINE\Software\X", @"hklm\software\x")]
    [InlineData(@"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\X", @"hklm\system\currentcontrolset\services\x")]
    [InlineData(@"HKLM\SYSTEM\ControlSet001", @"hklm\system\currentcontrolset")]
    [InlineData(@"HKCU\Software\X\", @"hkcu\software\x")]
    public void A_key_of_the_registry_has_one_form(string text, string normal) => Assert.Equal(normal, Normal.Registry(text));

    [Theory]
    [InlineData("10.1.2.3", IndicatorDoubts.Private)]
    [InlineData("172.31.0.1", IndicatorDoubts.Private)]
    [InlineData("172.32.0.1", "")]
    [InlineData("127.0.0.1", IndicatorDoubts.Private)]
    [InlineData("0.0.0.0", IndicatorDoubts.Reserved)]
    [InlineData("8.8.8.8", IndicatorDoubts.Resolver)]
    [InlineData("192.168.0.0/16", IndicatorDoubts.Private)]
    [InlineData("4.0.0.0/6", IndicatorDoubts.Broad)]
    [InlineData("0.0.0.0/0", IndicatorDoubts.Broad)]
    [InlineData("fe80::1", IndicatorDoubts.Private)]
    [InlineData("www.google.com", IndicatorDoubts.WellKnown)]
    [InlineData("gov.tw", IndicatorDoubts.WellKnown)]
    [InlineData("evil.com", "")]
    [InlineData("https://www.google.com/", IndicatorDoubts.WellKnown)]
    [InlineData("https://drive.google.com/file/d/x", "")]
    [InlineData("d41d8cd98f00b204e9800998ecf8427e", IndicatorDoubts.EmptyFile)]
    public void What_is_in_lists_by_mistake_is_named(string text, string doubt) => Assert.Equal(doubt, IndicatorDoubts.Of(ValueGuess.Of(text, false)!.Value));

    [Fact]
    public void Hashes_of_nothing_are_those_of_nothing()
    {
        foreach (var hash in (string[])[Hex(System.Security.Cryptography.SHA256.HashData([])), Hex(System.Security.Cryptography.SHA384.HashData([])), Hex(System.Security.Cryptography.SHA512.HashData([]))])
            Assert.Equal(IndicatorDoubts.EmptyFile, IndicatorDoubts.Of(new IndicatorValue(IndicatorKind.Hash, hash)));

        static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
    }

    [Fact]
    public void A_normal_form_is_its_own()
    {
        foreach (var text in (string[])["http://a.b.com/x?y=%20z", "https://[2606:4700::1]:8443/", "evil.com/", "a.evil.com", "1.2.3.4", "2606:4700::1", "9.0.0.0/8", "x@y.zz"])
        {
            var once = ValueGuess.Of(text, false)!.Value;
            Assert.Equal(once, ValueGuess.As(once.Kind, once.Text));
        }
    }
}
