using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>A process that dies before its next snapshot must not make the next start longer, and that one the next.</summary>
public sealed class WriterSnapshotTests
{
    private const long Nine = 1_772_442_000_000; // Monday 2 March 2026, 09:00 UTC

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void A_start_that_replayed_a_part_worth_keeping_keeps_it_at_once(int replayed, bool kept)
    {
        var writer = Started(replayed);
        Assert.Equal(kept, Snapshots(writer, new WriterInput.Recovered(Nine)));
    }

    [Fact]
    public void A_start_that_judged_as_much_without_events_keeps_it_too()
    {
        var image = Started(4).Shard.Image();
        var writer = Resumed(image);
        for (var hour = 1; hour <= 100; hour++) writer.Step(new WriterInput.Replay(Nine + (hour * 3_600_000L), [])); // each ticket's promises are broken, and its alerts climb
        Assert.True(Kept(writer, Nine + 360_000_000L));
        Assert.False(Kept(Resumed(image), Nine));
    }

    private static Writer Resumed(ShardImage image)
    {
        var writer = new Writer(PolicySet.Default, new() { EventsPerSnapshot = 100, PartWorthKeeping = 20 });
        writer.Step(new WriterInput.Resume(image));
        return writer;
    }

    // What is due at the start is told, so it is committed first.
    private static bool Kept(Writer writer, long now)
    {
        var effects = writer.Step(new WriterInput.Recovered(now));
        return effects.Any(e => e is WriterEffect.Snapshot) || (effects.Any(e => e is WriterEffect.Commit) && Snapshots(writer, new WriterInput.CommitOk()));
    }

    [Fact]
    public void After_the_start_the_usual_share_holds_again()
    {
        var writer = Started(4);
        Assert.False(Snapshots(writer, new WriterInput.Recovered(Nine)));
        Assert.False(Taken(writer, from: 4, to: 99));
        Assert.True(Taken(writer, from: 99, to: 100));
    }

    [Fact]
    public void A_start_that_replayed_nothing_keeps_nothing()
    {
        var writer = Started(0);
        Assert.False(Snapshots(writer, new WriterInput.Recovered(Nine)));
    }

    private static Writer Started(int replayed)
    {
        var writer = new Writer(PolicySet.Default, new() { EventsPerSnapshot = 100, PartWorthKeeping = 20 });
        for (var i = 0; i < replayed; i++) writer.Step(new WriterInput.Replay(Nine, [Created(i)]));
        return writer;
    }

    private static bool Taken(Writer writer, int from, int to)
    {
        List<Event> events = [.. Enumerable.Range(from, to - from).Select(Created)];
        var effects = writer.Step(new WriterInput.Turn(Nine, [new Offer(events, EventHash.Of(events), 1)]));
        Assert.Contains(effects, e => e is WriterEffect.Commit);
        return Snapshots(writer, new WriterInput.CommitOk());
    }

    private static bool Snapshots(Writer writer, WriterInput input) => writer.Step(input).Any(e => e is WriterEffect.Snapshot);

    private static Event Created(int number) => EventReader.Read(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$$"""{"specversion":"1.0","id":"{{{number}}}","source":"test","type":"ticket.created","time":"2026-03-02T09:00:00Z","subject":"ticket/T-{{{number}}}","data":{"kind":"complaint","channel":"phone"}}"""))).Event!;
}
