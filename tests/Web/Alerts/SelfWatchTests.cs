using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Alerts;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Alerts;

/// <summary>What the server finds about its sources and itself, by a clock that the test sets.</summary>
public sealed class SelfWatchTests
{
    private const long Minute = 60_000;

    [Fact]
    public async Task A_source_that_falls_silent_is_an_alert_of_its_true_instant_until_it_speaks_and_over_a_restart()
    {
        using var folder = new TemporaryFolder();
        var clock = new SetClock();
        var start = StartState.Read(null, ReferenceData.Empty);
        LocalHost Open() => LocalHost.Open(new(folder.Path, PolicySet.Default), clock, static _ => { });
        SelfWatch Watch(IOpsHost host) => new(host, new ChannelStore(folder.Path, host, start), new ServeOptions(folder.Path, "http://127.0.0.1:0"), NullLogger<SelfWatch>.Instance);
        Event Beat(int n) => Story.Event(clock.NowMs, "source/pbx", new SourceHeartbeat(), $"b-{n}", "pbx");
        Alert? Standing(IOpsHost host) => host.Read(t => t.Alerts.Of(Subject.Parse("source/pbx")).SingleOrDefault(a => a.State == AlertState.Raised));

        await using (var host = new OneMachine(Open()))
        {
            var watch = Watch(host);
            for (var n = 0; n < 20; n++) await host.OfferAsync([Beat(n)], default);
            var last = host.Read(t => t.Sources["pbx"].LastSeen);
            clock.Ahead += TimeSpan.FromMinutes(4.9);
            Assert.Empty(watch.Find(host.Now));
            Assert.Equal(TimeSpan.FromSeconds(1), watch.NextLook(host.Now));
            clock.Ahead += TimeSpan.FromMilliseconds(last + (5 * Minute) - host.Now - 400);
            Assert.InRange(watch.NextLook(host.Now).TotalMilliseconds, 1, 400); // not up to a second late
            clock.Ahead += TimeSpan.FromMinutes(3);
            var found = watch.Find(host.Now);
            await host.OfferAsync([.. found, .. watch.Find(host.Now)], default); // said twice, it counts once
            var alert = Standing(host)!;
            Assert.Equal(("source_silent", last + (5 * Minute), AlertLevel.Yellow), (alert.Due.Rule, alert.Due.RaisedAt, alert.Due.Level));
            Assert.Equal("late_detection", Words(Assert.Single(watch.Find(host.Now)))); // that was three minutes late, and is said too
            Assert.Equal((false, alert.NoticedAt - alert.Due.RaisedAt), (alert.FromLateData, alert.LatenessMs)); // no sender was late: we were
            Assert.InRange(alert.LatenessMs, 2 * Minute, 4 * Minute);
            Assert.Equal(alert.LatenessMs, host.Read(t => Lateness.Of(t.Alerts.All, 0, long.MaxValue)).P99);
            Assert.Equal("owner", alert.Care.Taken.All.Single().To);
        }
        static string Words(Event e) => ((SourceAlarmRaised)e.Data!).Rule == OwnRule.LateDetection ? "late_detection" : "source_silent";
        await using (var host = new OneMachine(Open()))
        {
            var watch = Watch(host);
            Assert.NotNull(Standing(host));
            await host.OfferAsync([Beat(20)], default);
            await host.OfferAsync(watch.Find(host.Now), default);
            Assert.Null(Standing(host));
            Assert.Equal(AlertState.Resolved, host.Read(t => t.Alerts.Of(Subject.Parse("source/pbx"))).Single().State);
            clock.Ahead += TimeSpan.FromMinutes(6);
            await host.OfferAsync(watch.Find(host.Now), default);
            Assert.Equal(2, host.Read(t => t.Alerts.Of(Subject.Parse("source/pbx"))).Count);
        }
    }

    [Fact]
    public void Silence_counts_in_working_hours_while_the_server_listens_and_of_real_sources_only()
    {
        DayPeriod[] day = [new(9 * 60, 18 * 60)];
        var office = new BusinessCalendar("office", DateTimeZone.Utc, [new([day, day, day, day, day, [], []], new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>(), new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>())]);
        var settings = WatchSettings.Default with { Hours = office };
        var evening = Story.Ms("17:58:00");
        Assert.Equal(Story.Ms("+1 09:03:00"), OwnWatch.SilentAt(evening, 0, settings));
        Assert.Equal(evening + (5 * Minute), OwnWatch.SilentAt(evening, 0, WatchSettings.Default));
        Assert.Equal(evening + (65 * Minute), OwnWatch.SilentAt(evening, evening + (60 * Minute), WatchSettings.Default)); // it was down for an hour
        Assert.Null(OwnWatch.SilentAt(long.MinValue, 0, WatchSettings.Default));
        SourceStats Heard(long accepted) => new(evening, evening, accepted, 0, 0, 0, 0);
        Assert.Equal((evening + (5 * Minute), false), OwnWatch.OfSource(Heard(20), 0, false, WatchSettings.Default, evening + (6 * Minute)));
        Assert.Equal(((long?)null, false), OwnWatch.OfSource(Heard(19), 0, false, WatchSettings.Default, evening + (6 * Minute)));
        Assert.Equal(((long?)null, true), OwnWatch.OfSource(Heard(20), 0, true, WatchSettings.Default, evening + OwnWatch.GoneMs)); // gone for good
    }

    [Fact]
    public void Lateness_above_a_second_is_an_alert_and_ends_with_it()
    {
        Assert.Equal((true, false), OwnWatch.OfLateness(new(10, 5, 1_001, 1_001), false, WatchSettings.Default));
        Assert.Equal((false, false), OwnWatch.OfLateness(new(10, 5, 1_000, 1_000), false, WatchSettings.Default));
        Assert.Equal((false, true), OwnWatch.OfLateness(new(10, 5, 1_000, 1_000), true, WatchSettings.Default));
        Assert.Equal((false, true), OwnWatch.OfLateness(new(0, null, null, null), true, WatchSettings.Default));
    }
}
