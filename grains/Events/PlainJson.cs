using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Encodings.Web;

namespace OpsMonitor.Grains.Events;

/// <summary>A property as places in the event's bytes: the name without its quotes, the value with them.</summary>
internal struct PlainField
{
    /// <summary>The name's first eight bytes, so that most comparisons are one of numbers.</summary>
    public ulong Key;
    public int Name, NameLength, Value, End;

    public readonly ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> json) => json.Slice(Name, NameLength);

    public readonly ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> json) => json[Value..End];

    public static ulong KeyOf(ReadOnlySpan<byte> name)
    {
        if (name.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(name);
        var key = 0UL;
        foreach (var b in name) key = (key << 8) | b;
        return name.Length == 0 ? 0 : key << (8 * (sizeof(ulong) - name.Length)); // no name holds a zero, so padding orders as the end does
    }

    /// <summary>Ordinal order of the names; 0 for the same name.</summary>
    public static int Compare(ReadOnlySpan<byte> json, in PlainField a, in PlainField b) =>
        a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.NameIn(json).SequenceCompareTo(b.NameIn(json));
}

/// <summary>
/// One pass over JSON whose canonical form is its own bytes, reordered: no escapes, names in ASCII, containers inside data sorted and at most
/// <see cref="MaxDepth"/> deep. Each step takes a place and gives the next one; <see cref="None"/> for all else, faulty or not: it is then for
/// <see cref="EventReader.ReadCarefully"/> to judge. The place goes by value so that it stays in a register.
/// </summary>
internal static class PlainJson
{
    /// <summary>No place: not plain. Every step from here stays here.</summary>
    public const int None = -1;

    private const int MaxDepth = 16;

    /// <summary>Takes one sign, with the space before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Take(ReadOnlySpan<byte> json, int at, char sign) =>
        (uint)at < (uint)json.Length && json[at] == sign ? at + 1 : TakeAfterSpace(json, at, sign);

    private static int TakeAfterSpace(ReadOnlySpan<byte> json, int at, char sign)
    {
        at = Space(json, at);
        return (uint)at < (uint)json.Length && json[at] == sign ? at + 1 : None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Space(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        return at;
    }

    /// <summary>A name and its colon, up to the value.</summary>
    public static int Name(ReadOnlySpan<byte> json, int at, ref PlainField field)
    {
        var from = Take(json, at, '"');
        if (from < 0) return None;
        var end = FirstSpecial(json, from);
        if (end >= json.Length || json[end] != '"') return None;
        var length = end - from;
        (field.Name, field.NameLength) = (from, length);
        // The eight bytes are there wherever a value follows; what is behind the name is cut off.
        field.Key = length is > 0 and < sizeof(ulong) && from + sizeof(ulong) <= json.Length
            ? BinaryPrimitives.ReadUInt64BigEndian(json[from..]) & (ulong.MaxValue << (8 * (sizeof(ulong) - length)))
            : PlainField.KeyOf(json.Slice(from, length));
        return Space(json, Take(json, end + 1, ':'));
    }

    /// <summary>A value; a container only as in canonical form, spaces aside.</summary>
    public static int Value(ReadOnlySpan<byte> json, int at, int depth = 1)
    {
        if ((uint)at >= (uint)json.Length) return None;
        switch (json[at])
        {
            case (byte)'"':
                var end = FirstSpecial(json, at + 1);
                return end < json.Length && json[end] == '"' ? end + 1 : Beyond(json, at + 1, end);
            case (byte)'{': return depth < MaxDepth ? Object(json, at + 1, depth + 1) : None;
            case (byte)'[': return depth < MaxDepth ? List(json, at + 1, depth + 1) : None;
            case (byte)'t': return Word(json, at, "true"u8);
            case (byte)'f': return Word(json, at, "false"u8);
            case (byte)'n': return Word(json, at, "null"u8);
            default: return Number(json, at);
        }
    }

    private static int Object(ReadOnlySpan<byte> json, int at, int depth)
    {
        if (Take(json, at, '}') is var empty and > 0) return empty;
        PlainField before = default, field = default;
        for (var first = true; ; first = false, before = field)
        {
            at = Name(json, at, ref field);
            if (at < 0 || !(first || PlainField.Compare(json, before, field) < 0)) return None;
            at = Value(json, at, depth);
            if (at < 0) return None;
            if (Take(json, at, ',') is not (var next and > 0)) return Take(json, at, '}');
            at = next;
        }
    }

    private static int List(ReadOnlySpan<byte> json, int at, int depth)
    {
        if (Take(json, at, ']') is var empty and > 0) return empty;
        while (true)
        {
            at = Value(json, Space(json, at), depth);
            if (at < 0) return None;
            if (Take(json, at, ',') is not (var next and > 0)) return Take(json, at, ']');
            at = next;
        }
    }

    private static int Word(ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> word) => json[at..].StartsWith(word) ? at + word.Length : None;

    private static int Number(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] == '-') at++;
        var from = at;
        at = Digits(json, at);
        if (at < 0 || (json[from] == '0' && at > from + 1)) return None;
        if (at < json.Length && json[at] == '.') at = Digits(json, at + 1);
        if ((uint)at >= (uint)json.Length || json[at] is not ((byte)'e' or (byte)'E')) return at;
        at++;
        if (at < json.Length && json[at] is (byte)'+' or (byte)'-') at++;
        return Digits(json, at);
    }

    private static int Digits(ReadOnlySpan<byte> json, int at)
    {
        var from = at;
        while (at < json.Length && char.IsAsciiDigit((char)json[at])) at++;
        return at > from ? at : None;
    }

    /// <summary>The end of a text that is more than ASCII.</summary>
    private static int Beyond(ReadOnlySpan<byte> json, int from, int at)
    {
        if (at >= json.Length || json[at] < 0x80) return None;
        var length = json[at..].IndexOf((byte)'"');
        // -1 also says that it is UTF-8 and holds neither an escape nor a control character.
        return length >= 0 && CanonicalJson.Encoder.FindFirstCharacterToEncodeUtf8(json[from..(at + length)]) < 0 ? at + length + 1 : None;
    }

    /// <summary>The first byte that is a quote, a backslash, a control character or no ASCII.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstSpecial(ReadOnlySpan<byte> json, int at)
    {
        for (; at + Vector128<byte>.Count <= json.Length; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(json.Slice(at, Vector128<byte>.Count));
            // One more, and as signed: what is no ASCII, and the last of ASCII, is then below zero.
            var special = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
                | Vector128.LessThan((bytes + Vector128<byte>.One).AsSByte(), Vector128.Create((sbyte)(' ' + 1))).AsByte();
            var found = special.ExtractMostSignificantBits();
            if (found != 0) return at + BitOperations.TrailingZeroCount(found);
        }
        return LastSpecial(json, at);
    }

    private static int LastSpecial(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is >= (byte)' ' and < 0x7F and not ((byte)'"' or (byte)'\\')) at++;
        return at;
    }
}
