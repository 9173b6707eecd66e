using Hufu.Records.Storage;
using Microsoft.AspNetCore.Http;

namespace Hufu.Web;

/// <summary>The address of whoever sent the request at hand. An IPv4 address that came in over an IPv6 socket is given as IPv4.</summary>
internal sealed class CallerAddress(IHttpContextAccessor http) : ICallerAddress
{
    public string? Now => http.HttpContext?.Connection.RemoteIpAddress is not { } address ? null : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
