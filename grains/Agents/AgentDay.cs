using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>
/// A day (UTC) of an agent that nothing is expected of any more, as one string of bytes: its hours, and what lasted into it. To look at only; who changes
/// something of it takes the hours out.
/// </summary>
internal sealed class AgentDay
{
    private const long Hours = 24;

    private AgentDay(AgentCarry? start, SortedList<long, AgentDayHour> hours) => (Start, All) = (start, hours);

    /// <summary>What lasts into it from the days before.</summary>
    public AgentCarry? Start { get; }

    /// <summary>By the hour, see <see cref="AgentHour"/>; those alone in which something is known.</summary>
    public SortedList<long, AgentDayHour> All { get; }

    public static long Of(long hour) => (hour - (((hour % Hours) + Hours) % Hours)) / Hours;

    /// <summary>The first hour of a day.</summary>
    public static long FirstHour(long day) => day * Hours;

    /// <summary>What lasts into one of its hours, or for an hour after it out of it.</summary>
    public AgentCarry? Before(long hour)
    {
        var carry = Start;
        foreach (var (at, of) in All)
        {
            if (at >= hour) break;
            if (of.Told.Count > 0) carry = AgentStory.Of(carry, of.Told, static _ => true).Carry; // nothing in it is still to come
        }
        return carry;
    }

    public static byte[] Write(ShortBytes room, AgentCarry? start, SortedList<long, (ToldHour? Told, BusyHour? Works)> hours)
    {
        room.Begin();
        Write(room, start);
        foreach (var (hour, (told, works)) in hours)
        {
            room.Write(hour);
            room.Write(told is null ? [] : told.Pack());
            room.Write(works is null ? [] : works.Pack());
        }
        return SqueezedBytes.Of(room.End());
    }

    public static AgentDay Read(byte[] squeezed)
    {
        var (bytes, at) = (SqueezedBytes.Read(squeezed), 0);
        var (start, hours) = (ReadCarry(bytes, ref at), new SortedList<long, AgentDayHour>());
        while (at < bytes.Length)
        {
            var hour = ShortBytes.ReadNumber(bytes, ref at);
            var told = History.Of(ShortBytes.ReadBytes(bytes, ref at)).Events;
            hours.Add(hour, new(told, ShortBytes.ReadBytes(bytes, ref at)));
        }
        return new(start, hours);
    }

    private static void Write(ShortBytes room, AgentCarry? carry)
    {
        room.Write(carry is null ? 0 : 1);
        if (carry is null) return;
        room.Write(carry.Everywhere is { } state ? (int)state + 1 : 0);
        room.Write(carry.Whole is null ? 0 : 1);
        if (carry.Whole is { } whole) Write(room, whole);
        foreach (var (queue, stretch) in carry.Queues.All)
        {
            room.Write(1);
            room.Write(queue);
            Write(room, stretch);
        }
        room.Write(0);
    }

    private static AgentCarry? ReadCarry(byte[] bytes, ref int at)
    {
        if (ShortBytes.ReadNumber(bytes, ref at) == 0) return null;
        var everywhere = ShortBytes.ReadNumber(bytes, ref at) is var state and > 0 ? (AgentState)(state - 1) : (AgentState?)null;
        var whole = ShortBytes.ReadNumber(bytes, ref at) == 1 ? ReadStretch(bytes, ref at) : null;
        var queues = new List<KeyValuePair<string, AgentStretch>>();
        while (ShortBytes.ReadNumber(bytes, ref at) == 1) queues.Add(new(ShortBytes.ReadText(bytes, ref at), ReadStretch(bytes, ref at)));
        return new(everywhere, whole, new([.. queues]));
    }

    private static void Write(ShortBytes room, AgentStretch stretch)
    {
        room.Write(stretch.From);
        room.Write(stretch.To == long.MaxValue ? 0 : stretch.To - stretch.From + 1);
        room.Write((int)stretch.State);
        room.Write(stretch.Department is null ? 0 : 1);
        if (stretch.Department is { } department) room.Write(department);
    }

    private static AgentStretch ReadStretch(byte[] bytes, ref int at)
    {
        var from = ShortBytes.ReadNumber(bytes, ref at);
        var to = ShortBytes.ReadNumber(bytes, ref at) is var length and > 0 ? from + length - 1 : long.MaxValue;
        var state = (AgentState)ShortBytes.ReadNumber(bytes, ref at);
        return new(from, to, state, ShortBytes.ReadNumber(bytes, ref at) == 1 ? ShortBytes.ReadText(bytes, ref at) : null);
    }
}

/// <summary>One hour of a day at rest.</summary>
/// <param name="Told">the states told in it, in their one order</param>
/// <param name="Packed">what contacts kept the agent busy with, as <see cref="BusyHour.Pack"/> gives it</param>
internal sealed record AgentDayHour(IReadOnlyList<Event> Told, byte[] Packed)
{
    public IReadOnlyCollection<BusySpan> Works => Packed.Length == 0 ? [] : BusyHour.Of(Packed).Spans;
}
