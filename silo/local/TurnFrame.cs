using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// One turn as the journal keeps it: a line with the turn's instant, then a saved policy if there is one (a line that begins with <c>!</c>), then one
/// structured CloudEvent a line. A turn is a pure function, so its
/// input is all that must be kept; alerts raised by a tick are found again by replaying the tick.
/// </summary>
public sealed record TurnFrame(long Now, IReadOnlyList<Event> Events, PolicyEdit? Edit = null)
{
    private const byte NewLine = (byte)'\n', EditMark = (byte)'!';

    public static byte[] Write(long now, IReadOnlyList<Event> events, PolicyEdit? edit = null)
    {
        var head = Encoding.ASCII.GetBytes(now.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (edit is not null) head = [.. head, NewLine, EditMark, .. EditText.Write(edit)];
        var bytes = new byte[head.Length + events.Sum(e => e.Raw.Length + 1)];
        head.CopyTo(bytes, 0);
        var at = head.Length;
        foreach (var e in events)
        {
            bytes[at++] = NewLine;
            e.Raw.Span.CopyTo(bytes.AsSpan(at));
            at += e.Raw.Length;
        }
        return bytes;
    }

    /// <exception cref="InvalidDataException">the frame passed its checksum and yet cannot be read: another version wrote it</exception>
    public static TurnFrame Read(byte[] bytes)
    {
        var events = new List<Event>();
        PolicyEdit? edit = null;
        var end = Array.IndexOf(bytes, NewLine) is var first && first < 0 ? bytes.Length : first;
        if (!Utf8Parser.TryParse(bytes.AsSpan(0, end), out long now, out _)) throw Unreadable("no instant");
        for (var at = end + 1; at < bytes.Length;)
        {
            var next = Array.IndexOf(bytes, NewLine, at);
            if (next < 0) next = bytes.Length;
            if (bytes[at] == EditMark) edit = EditText.Read(bytes.AsMemory(at + 1, next - at - 1));
            else
            {
                var read = EventReader.Read(bytes.AsMemory(at, next - at));
                events.Add(read.Event ?? throw Unreadable(read.Error?.Code ?? "no event"));
            }
            at = next + 1;
        }
        return new(now, events, edit);
    }

    /// <summary>Of a frame only the events whose line holds the id of one of these subjects: theirs, and few others.</summary>
    /// <inheritdoc cref="Read(byte[])"/>
    public static IEnumerable<Event> Read(byte[] bytes, IReadOnlyList<Subject> subjects)
    {
        var ids = subjects.Select(s => JsonSerializer.SerializeToUtf8Bytes(s.Id)[1..^1]).ToList();
        var exact = subjects.All(s => s.Id.Length > 0 && s.Id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')); // written in one way only
        var start = bytes.AsSpan().IndexOf(NewLine) + 1;
        for (var at = start; at > 0 && at < bytes.Length;)
        {
            var next = bytes.AsSpan(at).IndexOf(NewLine) is var length && length < 0 ? bytes.Length : at + length;
            var line = bytes.AsMemory(at, next - at);
            at = next + 1;
            if (line.Span[0] == EditMark || (exact && !Holds(line.Span, ids))) continue;
            yield return EventReader.Read(line).Event ?? throw Unreadable("no event");
        }
    }

    private static bool Holds(ReadOnlySpan<byte> line, List<byte[]> ids)
    {
        foreach (var id in ids)
            if (line.IndexOf(id) >= 0) return true;
        return false;
    }

    private static InvalidDataException Unreadable(string why) => new($"a journal frame cannot be read: {why}");
}
