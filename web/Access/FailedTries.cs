using System.Net;
using System.Net.Sockets;

namespace OpsMonitor.Web.Access;

/// <summary>
/// Wrong keys by address: after <see cref="Allowed"/> within a minute the address has to wait until that minute is over. Tries of a live id
/// are counted apart, per address and id: nobody behind the same proxy can lock another's key out without knowing its id.
/// Memory is bounded: beyond <see cref="MaxKept"/> addresses all new ones share one count.
/// </summary>
public sealed class FailedTries(TimeProvider clock)
{
    public const int Allowed = 20, MaxKept = 10_000;
    private const long PeriodMs = 60_000, SweepMs = 1_000;

    private readonly Dictionary<string, (int Count, long Until)> _counts = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _sweepAt = long.MinValue;

    /// <summary>How many counts are held now.</summary>
    public int Kept
    {
        get { lock (_gate) return _counts.Count; }
    }

    /// <returns>whole seconds to wait, at least 1; null where the next try is free</returns>
    public int? Wait(IPAddress? address, string? liveId)
    {
        var now = Now;
        lock (_gate)
        {
            return _counts.TryGetValue(Place(Key(address, liveId)), out var known) && known.Until > now && known.Count >= Allowed
                ? (int)((known.Until - now + 999) / 1000)
                : null;
        }
    }

    public void Add(IPAddress? address, string? liveId)
    {
        var now = Now;
        lock (_gate)
        {
            if (_counts.Count >= MaxKept && now >= _sweepAt)
            {
                _sweepAt = now + SweepMs; // not with every try: that would be the flood's own amplifier
                foreach (var old in _counts.Where(c => c.Value.Until <= now).Select(c => c.Key).ToList()) _counts.Remove(old);
            }
            var place = Place(Key(address, liveId));
            _counts[place] = _counts.TryGetValue(place, out var known) && known.Until > now ? (known.Count + 1, known.Until) : (1, now + PeriodMs);
        }
    }

    private long Now => clock.GetTimestamp() / (clock.TimestampFrequency / 1000);

    private string Place(string key) => _counts.Count < MaxKept || _counts.ContainsKey(key) ? key : "";

    // Whoever has one IPv6 address has the 64 bits below it too.
    private static string Key(IPAddress? address, string? liveId)
    {
        if (address is { IsIPv4MappedToIPv6: true }) address = address.MapToIPv4();
        var text = address is { AddressFamily: AddressFamily.InterNetworkV6 } ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address?.ToString() ?? "-";
        return liveId is null ? text : $"{text} {liveId}";
    }
}
