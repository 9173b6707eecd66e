namespace Hufu.Identity.Tests;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("雨後的山路有螢火蟲跟青蛙")]
    [InlineData("k3ttle-Ribbon-fog")]
    public void A_long_and_uncommon_password_will_do(string password) => Assert.Empty(PasswordRules.Check(password, "chen", "chen@example.tw"));

    [Theory]
    [InlineData("elevenchars", "identity.password.short")]
    [InlineData("ji32k7au4a83", "identity.password.common")]
    [InlineData("JI32K7AU4A83", "identity.password.common")]
    [InlineData("ji32k7au4a832026", "identity.password.common")]
    [InlineData("P@ssw0rd2026!", "identity.password.common")]
    [InlineData("1qaz2wsx3edc", "identity.password.common")]
    [InlineData("passwordpassword", "identity.password.common")]
    [InlineData("aaaabbbbccccdddd", "identity.password.common")]
    [InlineData("my name is Chen.Mei yes", "identity.password.account")]
    [InlineData("the box of meibox", "identity.password.account")]
    public void A_habit_is_refused_and_says_why(string password, string code) =>
        Assert.Contains(PasswordRules.Check(password, "chen.mei", "meibox@example.tw"), e => e.Code == code && e.Place == "password");

    [Fact]
    public void A_password_longer_than_the_limit_is_refused_before_it_costs_anything() =>
        Assert.Equal("identity.password.long", Assert.Single(PasswordRules.Check(new string('x', 1_000_000), "a", null)).Code);

    [Fact]
    public void Length_is_counted_in_characters_as_a_person_sees_them() =>
        Assert.Contains(PasswordRules.Check("👩‍👩‍👧‍👦👨‍🚀", null, null), e => e.Code == "identity.password.short");
}
