using System.Buffers.Text;
using System.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// One turn as the journal keeps it: a line with the turn's instant, then one structured CloudEvent a line. A turn is a pure function, so its
/// input is all that must be kept; alerts raised by a tick are found again by replaying the tick.
/// </summary>
public sealed record TurnFrame(long Now, IReadOnlyList<Event> Events)
{
    private const byte NewLine = (byte)'\n';

    public static byte[] Write(long now, IReadOnlyList<Event> events)
    {
        var head = Encoding.ASCII.GetBytes(now.ToString(System.Globalization.CultureInfo.InvariantCulture));
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
        var end = Array.IndexOf(bytes, NewLine) is var first && first < 0 ? bytes.Length : first;
        if (!Utf8Parser.TryParse(bytes.AsSpan(0, end), out long now, out _)) throw Unreadable("no instant");
        for (var at = end + 1; at < bytes.Length;)
        {
            var next = Array.IndexOf(bytes, NewLine, at);
            if (next < 0) next = bytes.Length;
            var read = EventReader.Read(bytes.AsMemory(at, next - at));
            events.Add(read.Event ?? throw Unreadable(read.Error?.Code ?? "no event"));
            at = next + 1;
        }
        return new(now, events);
    }

    private static InvalidDataException Unreadable(string why) => new($"a journal frame cannot be read: {why}");
}
