using System.Buffers.Binary;
using System.Numerics;
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
/// <see cref="MaxDepth"/> deep. False for all else, faulty or not: it is then for <see cref="EventReader.ReadCarefully"/> to judge.
/// </summary>
internal ref struct PlainJson(ReadOnlySpan<byte> json)
{
    private const int MaxDepth = 16;

    private readonly ReadOnlySpan<byte> _json = json;

    /// <summary>The next byte to read.</summary>
    public int At;

    public void Space()
    {
        while (At < _json.Length && _json[At] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') At++;
    }

    /// <summary>Takes one sign, with the space before it.</summary>
    public bool Take(char sign)
    {
        if (At < _json.Length && _json[At] <= ' ') Space();
        if (At >= _json.Length || _json[At] != sign) return false;
        At++;
        return true;
    }

    /// <summary>A name, its colon and its value. A value that is itself a container must be written as in canonical form, spaces aside.</summary>
    public bool Property(ref PlainField field)
    {
        if (!Name(ref field)) return false;
        field.Value = At;
        if (!Value(1)) return false;
        field.End = At;
        return true;
    }

    /// <summary>A name and its colon, up to the value.</summary>
    public bool Name(ref PlainField field)
    {
        if (!Take('"')) return false;
        field.Name = At;
        if (!Text(asciiOnly: true)) return false;
        field.NameLength = At - 1 - field.Name;
        // Two at once where eight bytes can be read: what follows the name is cut off.
        field.Key = field.NameLength is > 0 and < sizeof(ulong) && field.Name + sizeof(ulong) <= _json.Length
            ? BinaryPrimitives.ReadUInt64BigEndian(_json[field.Name..]) >> (8 * (sizeof(ulong) - field.NameLength)) << (8 * (sizeof(ulong) - field.NameLength))
            : PlainField.KeyOf(field.NameIn(_json));
        if (!Take(':')) return false;
        if (At < _json.Length && _json[At] <= ' ') Space();
        return At < _json.Length;
    }

    /// <summary>A value; a container only as in canonical form, spaces aside.</summary>
    public bool Value() => Value(1);

    private bool Value(int depth)
    {
        if (At >= _json.Length) return false;
        switch (_json[At])
        {
            case (byte)'"': At++; return Text(asciiOnly: false);
            case (byte)'{': return depth < MaxDepth && Object(depth);
            case (byte)'[': return depth < MaxDepth && List(depth);
            case (byte)'t': return Word("true"u8);
            case (byte)'f': return Word("false"u8);
            case (byte)'n': return Word("null"u8);
            default: return Number();
        }
    }

    private bool Object(int depth)
    {
        At++;
        if (Take('}')) return true;
        PlainField before = default, field = default;
        for (var first = true; ; first = false, before = field)
        {
            if (!Name(ref field) || !(first || PlainField.Compare(_json, before, field) < 0) || !Value(depth + 1)) return false;
            if (!Take(',')) return Take('}');
        }
    }

    private bool List(int depth)
    {
        At++;
        if (Take(']')) return true;
        while (true)
        {
            Space();
            if (!Value(depth + 1)) return false;
            if (!Take(',')) return Take(']');
        }
    }

    private bool Word(ReadOnlySpan<byte> word)
    {
        if (!_json[At..].StartsWith(word)) return false;
        At += word.Length;
        return true;
    }

    private bool Number()
    {
        if (_json[At] == '-') At++;
        var from = At;
        if (!Digits() || (_json[from] == '0' && At > from + 1)) return false;
        if (At < _json.Length && _json[At] == '.')
        {
            At++;
            if (!Digits()) return false;
        }
        if (At >= _json.Length || _json[At] is not ((byte)'e' or (byte)'E')) return true;
        At++;
        if (At < _json.Length && _json[At] is (byte)'+' or (byte)'-') At++;
        return Digits();
    }

    private bool Digits()
    {
        var from = At;
        while (At < _json.Length && char.IsAsciiDigit((char)_json[At])) At++;
        return At > from;
    }

    /// <summary>From behind the opening quote to behind the closing one.</summary>
    private bool Text(bool asciiOnly)
    {
        var from = At;
        At = FirstSpecial(At);
        if (At < _json.Length && _json[At] == '"')
        {
            At++;
            return true;
        }
        if (asciiOnly || At >= _json.Length || _json[At] < 0x80) return false;
        var length = _json[At..].IndexOf((byte)'"');
        if (length < 0) return false;
        At += length + 1;
        // -1 also says that it is UTF-8 and holds neither an escape nor a control character.
        return CanonicalJson.Encoder.FindFirstCharacterToEncodeUtf8(_json[from..(At - 1)]) < 0;
    }

    /// <summary>The first byte that is a quote, a backslash, a control character or no ASCII.</summary>
    private readonly int FirstSpecial(int at)
    {
        for (; at + Vector128<byte>.Count <= _json.Length; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(_json.Slice(at, Vector128<byte>.Count));
            var special = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
                | Vector128.Equals(bytes, Vector128.Create((byte)0x7F)) | Vector128.LessThan(bytes.AsSByte(), Vector128.Create((sbyte)' ')).AsByte(); // as signed, what is no ASCII is below zero
            var found = special.ExtractMostSignificantBits();
            if (found != 0) return at + BitOperations.TrailingZeroCount(found);
        }
        while (at < _json.Length && _json[at] is >= (byte)' ' and < 0x7F and not ((byte)'"' or (byte)'\\')) at++;
        return at;
    }
}
