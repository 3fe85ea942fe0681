using System.Buffers.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>
/// Puts properties of plain JSON down in another order. Neighbours that stay neighbours are copied in one piece. The same bytes as
/// <see cref="CanonicalJson"/>, and never more than were read.
/// </summary>
internal ref struct PlainWriter(ReadOnlySpan<byte> from, Span<byte> to)
{
    private readonly ReadOnlySpan<byte> _from = from;
    private readonly Span<byte> _to = to;
    private int _length, _runFrom, _runEnd;

    /// <summary>The text so far.</summary>
    public ReadOnlySpan<byte> Written()
    {
        Flush();
        return _to[.._length];
    }

    public void Literal(ReadOnlySpan<byte> text)
    {
        Flush();
        text.CopyTo(_to[_length..]);
        _length += text.Length;
    }

    public void Number(long value)
    {
        Flush();
        Utf8Formatter.TryFormat(value, _to[_length..], out var length);
        _length += length;
    }

    /// <summary>A comma, unless it is the first of its object, and the property as it was sent, without the spaces around its parts.</summary>
    public void Property(in PlainField field, bool first)
    {
        var (start, container) = (field.Name - 1, _from[field.Value] is (byte)'{' or (byte)'[');
        if (!container && field.Value == field.Name + field.NameLength + 2)
        {
            if (!first && _runEnd > _runFrom && start == _runEnd + 1 && _from[_runEnd] == ',')
            {
                _runEnd = field.End;
                return;
            }
            Comma(first);
            (_runFrom, _runEnd) = (start, field.End);
            return;
        }
        Comma(first);
        Literal(_from.Slice(start, field.NameLength + 2));
        Literal(":"u8);
        if (container) Compact(field.ValueIn(_from)); else Literal(field.ValueIn(_from));
    }

    private void Comma(bool first)
    {
        Flush();
        if (!first) _to[_length++] = (byte)',';
    }

    private void Compact(ReadOnlySpan<byte> value)
    {
        var inText = false;
        foreach (var b in value)
        {
            if (b == '"') inText = !inText; // plain text has no escapes
            if (inText || b > ' ') _to[_length++] = b;
        }
    }

    private void Flush()
    {
        var run = _from[_runFrom.._runEnd];
        run.CopyTo(_to[_length..]);
        _length += run.Length;
        _runFrom = _runEnd = 0;
    }
}
