using System.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>
/// Reads a plain event (<see cref="PlainJson"/>) in one pass, without a document and without texts for names. It refuses nothing: of whatever is
/// unusual it makes nothing at all, and <see cref="EventReader.ReadCarefully"/> decides. What it does make is what that would have made.
/// </summary>
internal ref struct PlainEvent
{
    private const int SpecVersion = 0, Id = 1, Source = 2, Type = 3, Time = 4, SubjectOf = 5, Data = 6, ContentType = 7, Leading = 6;
    private const int MaxFields = 48, MaxExtensions = 16;

    // One per thread: what an event needs while it is read, and not after.
    private sealed class Room
    {
        public readonly PlainField[] Head = new PlainField[8], Extensions = new PlainField[MaxExtensions], Fields = new PlainField[MaxFields];
        public readonly int[] Places = new int[MaxFields];
        public byte[] Canonical = new byte[2048];
    }

    [ThreadStatic]
    private static Room? _own;

    private readonly ReadOnlySpan<byte> _json;
    private readonly Room _room;
    private int _end, _seen, _extensions, _fields;
    private long _sequence;

    private PlainEvent(ReadOnlySpan<byte> json)
    {
        _json = json;
        _room = _own ??= new();
        _sequence = -1;
    }

    /// <param name="json">begins with the event; what follows it is not looked at</param>
    /// <param name="length">of the event, in bytes</param>
    /// <returns>null where the careful reader has to decide</returns>
    public static Event? TryRead(ReadOnlySpan<byte> json, out int length)
    {
        var read = new PlainEvent(json);
        var made = read.Envelope() ? read.Make() : null;
        length = read._end;
        if (read._room.Canonical.Length > EventShape.MaxBytes) _own = null; // one huge event must not be remembered by every thread
        return length <= EventShape.MaxBytes ? made : null;
    }

    private bool Envelope()
    {
        var json = _json;
        var at = PlainJson.Take(json, 0, '{');
        if (at < 0) return false;
        PlainField field = default;
        while (true)
        {
            at = PlainJson.Name(json, at, ref field);
            if (at < 0) return false;
            field.Value = at;
            var known = Known(field.NameIn(json));
            at = known == Data ? DataObject(at) : PlainJson.Value(json, at);
            if (at < 0) return false;
            field.End = at;
            if (known < 0 ? !Extension(field) : (_seen & (1 << known)) != 0) return false;
            if (known >= 0)
            {
                _seen |= 1 << known;
                _room.Head[known] = field;
            }
            if (PlainJson.Take(json, at, ',') is not (var next and > 0)) break;
            at = next;
        }
        _end = PlainJson.Take(json, at, '}');
        const int required = (1 << Leading) - 1;
        return _end > 0 && (_seen & required) == required && (!Has(ContentType) || Scalar(_room.Head[ContentType]));
    }

    private static int Known(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("id"u8) => Id,
        4 when name.SequenceEqual("type"u8) => Type,
        4 when name.SequenceEqual("time"u8) => Time,
        4 when name.SequenceEqual("data"u8) => Data,
        6 when name.SequenceEqual("source"u8) => Source,
        7 when name.SequenceEqual("subject"u8) => SubjectOf,
        11 when name.SequenceEqual("specversion"u8) => SpecVersion,
        15 when name.SequenceEqual("datacontenttype"u8) => ContentType,
        _ => -1,
    };

    private readonly bool Has(int known) => (_seen & (1 << known)) != 0;

    private readonly bool Scalar(in PlainField field) => _json[field.Value] is not ((byte)'{' or (byte)'[');

    private int DataObject(int at)
    {
        var (fields, count) = (_room.Fields, 0);
        var json = _json;
        at = PlainJson.Take(json, at, '{');
        if (at < 0) return PlainJson.None;
        if (PlainJson.Take(json, at, '}') is var empty and > 0) return empty;
        while (count < fields.Length)
        {
            ref var field = ref fields[count++];
            at = PlainJson.Name(json, at, ref field);
            field.Value = at;
            at = PlainJson.Value(json, at);
            if (at < 0) return PlainJson.None;
            field.End = at;
            if (PlainJson.Take(json, at, ',') is var next and > 0) { at = next; continue; }
            _fields = count;
            return PlainJson.Take(json, at, '}');
        }
        return PlainJson.None;
    }

    private bool Extension(in PlainField field)
    {
        if (_extensions == MaxExtensions || !Scalar(field) || field.NameIn(_json).SequenceEqual("data_base64"u8)) return false;
        _room.Extensions[_extensions++] = field;
        if (_json[field.Value] == 'n' || !field.NameIn(_json).SequenceEqual("sequence"u8)) return true;
        var digits = field.ValueIn(_json);
        if (digits[0] == '"') digits = digits[1..^1];
        if (digits.Length is 0 or > 18) return false;
        _sequence = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit((char)c)) return false;
            _sequence = (_sequence * 10) + (c - '0');
        }
        return true;
    }

    private Event? Make()
    {
        if (!Attribute(SpecVersion, EventReader.MaxType, out var version) || !version.SequenceEqual("1.0"u8) || !Attribute(Id, EventReader.MaxId, out var id)
            || !Attribute(Source, EventReader.MaxSource, out var source) || !Attribute(Type, EventReader.MaxType, out var type)
            || !Attribute(Time, int.MaxValue, out var time) || !Rfc3339.TryParse(time, out var at) || !Attribute(SubjectOf, EventReader.MaxSubject, out var about)) return null;
        while (type.StartsWith("opsmonitor."u8)) type = type["opsmonitor."u8.Length..];
        if (type.Length == 0) return null;
        var shape = PlainShape.Of(type);
        if (!SubjectIs(about, shape?.Kind, out var subject) || !Department(out var department)) return null;
        EventData? data = null;
        if (shape is not null && (data = Record(shape)) is null) return null;
        return Canonical(type) is not { } raw ? null
            : new(KnownTexts.Words.Of(source), Encoding.UTF8.GetString(id), shape?.Type ?? KnownTexts.Words.Of(type), at, subject, _sequence, department, data, raw);
    }

    /// <summary>Plain text holds no control character; a limit in characters is kept where it is kept in bytes.</summary>
    private readonly bool Attribute(int known, int max, out ReadOnlySpan<byte> text) => Clean(_room.Head[known], max, out text);

    private readonly bool Clean(in PlainField field, int max, out ReadOnlySpan<byte> text)
    {
        var value = field.ValueIn(_json);
        var isText = value[0] == '"';
        text = isText ? value[1..^1] : default;
        return isText && text.Length > 0 && text.Length <= max;
    }

    private static bool SubjectIs(ReadOnlySpan<byte> about, string? wanted, out Subject subject)
    {
        subject = default;
        var slash = about.IndexOf((byte)'/');
        if (slash <= 0 || about.Length - slash - 1 is 0 or > EventReader.MaxId) return false;
        foreach (var (name, kind) in EventReader.SubjectKinds)
        {
            if (!Ascii.Equals(about[..slash], name)) continue;
            if (wanted is not null && wanted != name) return false;
            subject = new(kind, KnownTexts.Subjects.Of(kind == SubjectKind.Other ? about : about[(slash + 1)..]));
            return true;
        }
        return false;
    }

    /// <summary>That in data wins, else the extension.</summary>
    private readonly bool Department(out string? department)
    {
        department = null;
        foreach (ref readonly var field in _room.Fields.AsSpan(0, _fields))
            if (field.NameLength == 13 && _json[field.Value] != 'n' && field.NameIn(_json).SequenceEqual("department_id"u8)) return Named(field, ref department);
        foreach (ref readonly var extension in _room.Extensions.AsSpan(0, _extensions))
            if (extension.NameLength == 12 && _json[extension.Value] != 'n' && extension.NameIn(_json).SequenceEqual("departmentid"u8)) return Named(extension, ref department);
        return true;
    }

    private readonly bool Named(in PlainField field, ref string? department)
    {
        if (!Clean(field, EventReader.MaxId, out var text)) return false;
        department = KnownTexts.Words.Of(text);
        return true;
    }

    private readonly EventData? Record(PlainShape shape)
    {
        var places = _room.Places.AsSpan(0, shape.Fields.Length);
        places.Clear();
        var guess = 0;
        for (var i = 0; i < _fields; i++)
        {
            ref readonly var field = ref _room.Fields[i];
            var at = shape.Find(_json, field, guess);
            if (at < 0) continue;
            places[at] = i + 1;
            guess = at + 1;
            if (shape.Instants[at] && _json[field.Value] != 'n' && !(Clean(field, int.MaxValue, out var text) && Rfc3339.TryParse(text, out _))) return null;
        }
        var fields = new DataFields(_json, _room.Fields, places, shape.Instants);
        var record = shape.Make(ref fields);
        return fields.Odd || record is CallbackPromised { DueAt: null, WindowStart: null } or CallbackPromised { DueAt: null, WindowEnd: null } ? null : record;
    }

    /// <summary>Null where a name is there twice.</summary>
    private readonly byte[]? Canonical(ReadOnlySpan<byte> type)
    {
        Span<PlainField> extensions = _room.Extensions.AsSpan(0, _extensions), fields = _room.Fields.AsSpan(0, _fields);
        if (!Sort(extensions) || !Sort(fields)) return null;
        if (_room.Canonical.Length < _end) _room.Canonical = new byte[_end];
        var writer = new PlainWriter(_json, _room.Canonical);
        writer.Literal("{"u8);
        var typeAsSent = type.Length == _room.Head[Type].End - _room.Head[Type].Value - 2;
        for (var i = 0; i < Leading; i++)
        {
            if (i != Type || typeAsSent) writer.Property(_room.Head[i], first: i == 0);
            else { writer.Literal(",\"type\":\""u8); writer.Literal(type); writer.Literal("\""u8); }
        }
        foreach (ref readonly var extension in extensions)
        {
            if (_json[extension.Value] == 'n') continue;
            // 5, "5" (binary mode knows only text) and "05" are one sequence and must be one body.
            if (extension.NameIn(_json).SequenceEqual("sequence"u8)) { writer.Literal(",\"sequence\":"u8); writer.Number(_sequence); }
            else writer.Property(extension, first: false);
        }
        if (Has(Data))
        {
            writer.Literal(",\"data\":{"u8);
            for (var i = 0; i < fields.Length; i++) writer.Property(fields[i], first: i == 0);
            writer.Literal("}"u8);
        }
        writer.Literal("}"u8);
        return writer.Written().ToArray();
    }

    private readonly bool Sort(Span<PlainField> fields)
    {
        for (var i = 1; i < fields.Length; i++)
        {
            var field = fields[i];
            var at = i;
            for (; at > 0; at--)
            {
                var order = PlainField.Compare(_json, fields[at - 1], field);
                if (order == 0) return false;
                if (order < 0) break;
                fields[at] = fields[at - 1];
            }
            if (at != i) fields[at] = field;
        }
        return true;
    }
}
