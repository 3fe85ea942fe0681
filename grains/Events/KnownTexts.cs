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
        Span<char> room = stackalloc char[Longest];
        ReadOnlySpan<char> text = room[..Encoding.UTF8.GetChars(utf8, room)];
        ref var place = ref _texts[Hash(utf8) % Places];
        if (place is { } known && text.SequenceEqual(known)) return known;
        return place = text.ToString();
    }

    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        const ulong odd = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)utf8.Length;
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..]) hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8)) * odd ^ (hash >> 29);
        foreach (var b in utf8) hash = (hash ^ b) * odd;
        return (uint)(hash >> 32);
    }
}
