using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>Snapshot and tail equal a full replay: rows, sums, alerts and what counts as a duplicate.</summary>
public sealed class SnapshotTests : IDisposable
{
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 0, 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
    private readonly List<string> _said = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Snapshot_and_tail_equal_a_full_replay()
    {
        var clock = new SetClock();
        clock.Set((Start + Duration.FromHours(12)).ToDateTimeOffset());
        var events = new CallCentre(3, Start).Until(Start + Duration.FromHours(14)).Select(e => EventReader.Read(e.Raw).Event!).ToList(); // as the door would read them
        await Run(clock, events.Where(e => e.At < Ms(12)).ToList());
        Assert.NotEmpty(Directory.GetFiles(_folder, "*snapshot*", SearchOption.AllDirectories));

        clock.Set((Start + Duration.FromHours(14)).ToDateTimeOffset());
        var tail = events.Where(e => e.At >= Ms(12)).ToList();
        string live;
        await using (var host = Open(clock))
        {
            await Offer(host, tail);
            live = host.Read(Picture);
        }

        string fromSnapshot, fromJournal;
        await using (var host = Open(clock)) fromSnapshot = host.Read(Picture);
        foreach (var file in Directory.GetFiles(_folder, "*snapshot*", SearchOption.AllDirectories)) File.Delete(file);
        await using (var host = Open(clock))
        {
            fromJournal = host.Read(Picture);
            Assert.True(host.Read(Recount.Equals));
            var again = (await host.OfferAsync([.. events.Take(200)], CancellationToken.None)).Verdicts;
            Assert.All(again, verdict => Assert.Equal(Verdict.Duplicate, verdict));
        }
        Assert.Equal(live, fromSnapshot);
        Assert.Equal(live, fromJournal);
        Assert.Contains(_said, line => line.Contains("(0 turns after the newest snapshot)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_subjects_history_is_found_again_also_when_the_index_is_gone()
    {
        var clock = new SetClock();
        clock.Set((Start + Duration.FromHours(6)).ToDateTimeOffset());
        var events = new CallCentre(3, Start).Until(Start + Duration.FromHours(6)).Select(e => EventReader.Read(e.Raw).Event!).ToList();
        var ticket = events.First(e => e.Subject.Kind == SubjectKind.Ticket).Subject;
        var expected = events.Where(e => e.Subject == ticket || SurveyLinks.TicketOf(e) == ticket).Order().Select(e => e.Id).ToList();
        await using (var host = Open(clock))
        {
            await Offer(host, [.. events.AsEnumerable().Reverse()]);
            Assert.Equal(expected, host.History(ticket)!.Select(e => e.Id));
        }
        foreach (var file in Directory.GetFiles(_folder, "history.db*")) File.Delete(file);
        await using (var host = Open(clock)) Assert.Equal(expected, host.History(ticket)!.Select(e => e.Id));
    }

    private static long Ms(int hour) => (Start + Duration.FromHours(hour)).ToUnixTimeMilliseconds();

    private LocalHost Open(TimeProvider clock) => LocalHost.Open(new(_folder, PolicySet.Default), clock, _said.Add);

    private async Task Run(TimeProvider clock, List<Event> events)
    {
        await using var host = Open(clock);
        await Offer(host, events);
    }

    private static async Task Offer(LocalHost host, List<Event> events)
    {
        foreach (var batch in events.Chunk(400)) await host.OfferAsync(batch, CancellationToken.None);
    }

    private static string Picture(Shard shard) => string.Join('\n',
        shard.Rows().Select(r => $"{r.Subject} {r.State} {r.DepartmentId} {string.Join(',', r.Clocks)}")
            .Concat(shard.Alerts.All.Select(a => a.ToString()))
            .Concat(shard.Contributions().Concat(shard.RestingContributions()).Select(c => $"{c.Who} {c.What}").Order(StringComparer.Ordinal))
            .Append($"{shard.EventCount}"));
}
