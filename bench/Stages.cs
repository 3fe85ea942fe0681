using System.Diagnostics;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Bench;

/// <summary>Where an event's time goes, stage by stage on one thread, in turns of 500.</summary>
internal static class Stages
{
    private const int Turns = 400, EventsPerTurn = 500;

    public static void Print(string folder)
    {
        using var journal = FrameJournal.Open(folder, static _ => { });
        var shard = new Shard(PolicySet.Default, new());
        Dictionary<string, double> spent = [];
        for (var turn = 0; turn < Turns; turn++)
        {
            if (turn == Turns / 4) spent.Clear(); // the first quarter warms up the compiler
            var texts = Enumerable.Range(0, EventsPerTurn).Select(i => Encoding.UTF8.GetBytes(
                Load.EventText(i % Load.EventsPerBatch).Replace("##########", $"{(turn * 5) + (i / Load.EventsPerBatch):D10}", StringComparison.Ordinal))).ToList();
            var events = Timed(spent, "read (EventReader)", () => texts.ConvertAll(t => EventReader.Read(t).Event!));
            var hashes = Timed(spent, "hashes (EventHash)", () => EventHash.Of(events));
            var effects = Timed(spent, "turn (Shard.Step)", () => shard.Step(new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), events) { Hashes = hashes }));
            var frame = Timed(spent, "frame (TurnFrame)", () => TurnFrame.Write(shard.Now, effects.Commit));
            Timed(spent, "commit (pack, chain, SQLite, fsync)", () => journal.Append(frame));
        }
        Console.WriteLine("one thread, microseconds an event:");
        foreach (var (stage, ms) in spent) Console.WriteLine($"  {stage,-40} {ms * 1000 / (Turns * 3 / 4 * EventsPerTurn),8:F2}");
    }

    private static T Timed<T>(Dictionary<string, double> spent, string stage, Func<T> body)
    {
        var from = Stopwatch.GetTimestamp();
        var result = body();
        spent[stage] = spent.GetValueOrDefault(stage) + Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        return result;
    }
}
