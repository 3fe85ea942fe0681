using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OpsMonitor.Web.Channels;

/// <summary>
/// Which addresses a channel may be connected to. A setting must not turn this server into a way into its own network (SSRF): everything that
/// is not plainly public is refused, and so is every way of writing such an address inside another (mapped, 6to4, NAT64, Teredo).
/// Source: the special-purpose address registries of IANA (RFC 6890 and later entries).
/// </summary>
internal static class AddressGuard
{
    private static readonly IPNetwork[] Refused4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32", // a cloud's own wire server, public only by its number
        }.Select(IPNetwork.Parse),
    ];

    // Only 2000::/3 is given out at all; of that these are special, and some carry another address inside.
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] Refused6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return !Refused4.Any(n => n.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0) return false;
        return Global6.Contains(address) && !Refused6.Any(n => n.Contains(address));
    }
}

/// <summary>What an administrator lets through by name, by address or by network, each with a port or for all ports.</summary>
internal sealed class AllowList
{
    public static readonly AllowList Nothing = new([]);

    private readonly IReadOnlyList<(string? Name, IPNetwork? Network, int? Port)> _entries;

    private AllowList(IReadOnlyList<(string?, IPNetwork?, int?)> entries) => _entries = entries;

    /// <returns>null where a text is neither <c>host</c>, <c>host:port</c>, an address nor a network</returns>
    public static AllowList? Parse(IEnumerable<string> texts)
    {
        var entries = new List<(string?, IPNetwork?, int?)>();
        foreach (var text in texts)
        {
            if (One(text) is not { } entry) return null;
            entries.Add(entry);
        }
        return new(entries);
    }

    /// <summary>Whether the host was let through by its name, so that any address it has will do.</summary>
    public bool HasName(string host, int port) => _entries.Any(e => (e.Port ?? port) == port && string.Equals(e.Name, host, StringComparison.OrdinalIgnoreCase));

    public bool Has(IPAddress address, int port)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _entries.Any(e => (e.Port ?? port) == port && e.Network is { } n && n.Contains(plain));
    }

    private static (string?, IPNetwork?, int?)? One(string text)
    {
        int? port = null;
        var host = text;
        var colon = text.LastIndexOf(':');
        if (colon > 0 && (text.IndexOf(':', StringComparison.Ordinal) == colon || text[colon - 1] == ']'))
        {
            if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65_535) return null;
            (port, host) = (number, text[..colon]);
        }
        host = host.Trim('[', ']');
        if (IPNetwork.TryParse(host, out var network)) return (null, network, port);
        if (IPAddress.TryParse(host, out var address)) return (null, new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128), port);
        return Uri.CheckHostName(host) == UriHostNameType.Dns ? (host, null, port) : null;
    }
}
