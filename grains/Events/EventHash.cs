using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>
/// What dedupe keeps of an event: <see cref="Identity"/>, sixteen bytes of SHA-256 over source, line feed, id (neither may hold a line feed, so
/// two pairs never read alike), and <see cref="Body"/>, eight bytes of SHA-256 over the canonical <see cref="Event.Raw"/>: it tells a repeat from
/// an id used twice. (design: Exactly once)
/// </summary>
public readonly record struct EventHash(UInt128 Identity, ulong Body)
{
    private const int LongestText = 1024 + 1 + 256;

    public static EventHash Of(Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(e.Raw.Span, hash);
        return new(IdentityOf(e.Source, e.Id), BinaryPrimitives.ReadUInt64BigEndian(hash));
    }

    public static EventHash[] Of(IReadOnlyList<Event> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        var hashes = new EventHash[events.Count];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = Of(events[i]);
        return hashes;
    }

    public static UInt128 IdentityOf(string source, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = stackalloc byte[LongestText * 3]; // UTF-8 takes at most three bytes for a char
        if (source.Length + 1 + id.Length > LongestText) text = new byte[(source.Length + 1 + id.Length) * 3];
        var length = Encoding.UTF8.GetBytes(source, text);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
