using System.Buffers.Binary;
using System.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>
/// One text for what is said again and again: sources, departments, queues, agents, a ticket's own id. Bounded: a text pushes out another that
/// falls on its place. Which of two equal texts is handed out cannot be seen, so threads need not agree.
/// </summary>
internal sealed class KnownTexts
{
    private const int Places = 8192, Longest = 48;

    public static readonly KnownTexts Words = new(), Subjects = new();

    private readonly string?[] _texts = new string?[Places];

    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > Longest) return Encoding.UTF8.GetString(utf8);
        ref var place = ref _texts[Hash(utf8) % Places];
        if (place is { } known && (known.Length == utf8.Length ? Ascii.Equals(utf8, known) : Same(utf8, known))) return known;
        return place = Encoding.UTF8.GetString(utf8);
    }

    private static bool Same(ReadOnlySpan<byte> utf8, string known)
    {
        if (known.Length > utf8.Length) return false;
        Span<char> text = stackalloc char[Longest];
        return text[..Encoding.UTF8.GetChars(utf8, text)].SequenceEqual(known);
    }

    // The ends and the length: enough for a place that may be pushed out, whatever somebody sends on purpose.
    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        const ulong odd = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)utf8.Length * odd;
        if (utf8.Length >= sizeof(ulong))
        {
            hash ^= BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            hash = (hash * odd) ^ (hash >> 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8[^sizeof(ulong)..]);
            if (utf8.Length > 2 * sizeof(ulong)) hash = (hash * odd) ^ (hash >> 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8[(utf8.Length / 2 - 4)..]);
        }
        else foreach (var b in utf8) hash = (hash ^ b) * odd;
        return (uint)((hash * odd) >> 32);
    }
}
