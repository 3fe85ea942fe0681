using System.Buffers.Text;
using System.Text;
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

    private static InvalidDataException Unreadable(string why) => new($"a journal frame cannot be read: {why}");
}
