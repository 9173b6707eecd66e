namespace Hufu.Records.Storage;

/// <summary>
/// Marks endpoints of foreign protocols, whose programs show an API token as these do: also <c>Basic</c> with any name and the token as password, <c>ApiKey</c> with
/// base64 of <c>name:token</c>, and <c>Splunk</c> with the token.
/// </summary>
public sealed class ForeignTokens;
