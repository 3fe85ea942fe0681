using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Alerts;

/// <summary>Two servers over the same journal of weeks ago. From one what is over has left memory, its alerts too; lists, pages and the load say the same.</summary>
public sealed class LeftAlertsTests : IAsyncLifetime
{
    private const int Tickets = 30;
    private static readonly long Then = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - (25 * Story.Day);

    private RunningServer _left = null!, _stayed = null!;

    public async ValueTask InitializeAsync()
    {
        _left = await RunningServer.StartAsync(prepare: folder => Past(folder).GetAwaiter().GetResult());
        _stayed = await RunningServer.StartAsync(o => o with { LeaveAfterMs = long.MaxValue }, folder => Past(folder).GetAwaiter().GetResult());
    }

    public async ValueTask DisposeAsync()
    {
        await _left.DisposeAsync();
        await _stayed.DisposeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Lists_pages_and_the_load_say_the_same_of_alerts_that_left()
    {
        for (var i = 0; i < 200 && Away(_left.Host) < Tickets; i++)
        {
            await _left.Host.OfferAsync([], default);
            await Task.Delay(20);
        }
        Assert.True(Away(_left.Host) >= Tickets, $"only {Away(_left.Host)} left");
        Assert.Equal(0, Away(_stayed.Host));

        await Same("/api/v1/alerts", "alerts");
        foreach (var department in (string[])["billing", "returns"])
        {
            Assert.InRange(await Same($"/api/v1/alerts?board={department}", "alerts"), Tickets / 2, 1_000);
            Assert.InRange(await Same($"/api/v1/departments/{department}/cases", "without_accountability"), Tickets / 2, 1_000);
            Assert.InRange(await Same($"/api/v1/departments/{department}", "without_accountability"), Tickets / 2, 1_000);
            await Same($"/api/v1/alerts/load?board={department}&weeks=6", "weeks");
        }
        await Same("/api/v1/alerts/load?weeks=6", "weeks");
        foreach (var alert in _stayed.Host.Read(t => t.Alerts.All.ToList())) await Same("/api/v1/alerts/" + alert.Code, "alert");
    }

    private async Task<int> Same(string path, string what)
    {
        var (left, stayed) = (Part(await _left.GetAsync(path), what), Part(await _stayed.GetAsync(path), what));
        Assert.Equal(path + stayed, path + left);
        return stayed.Split("\"code\"").Length - 1;
    }

    // The week that goes on has rates up to now.
    private static string Part(JsonElement answer, string what) =>
        what == "weeks" ? string.Join('\n', answer.GetProperty(what).EnumerateArray().Skip(1)) : answer.GetProperty(what).ToString();

    private static long Away(IOpsHost host) => host.Read(t => t.Alerts.AwayCount);

    // The alerts' instants are those of the turns, which are in the journal; so the second is as the first.
    private static async Task Past(string folder)
    {
        var clock = new SetClock();
        clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(Then));
        await using (var host = LocalHost.Open(new(folder, PolicySet.Default), clock, static _ => { })) await Tell(host, clock);
        foreach (var file in Directory.GetFiles(folder, "*.snapshot")) File.Delete(file); // each server judges all of it by its own rules
    }

    private static async Task Tell(LocalHost host, SetClock clock)
    {
        async Task At(long ms, params Event[] events)
        {
            clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(Then + ms));
            await host.OfferAsync(events, default);
        }
        foreach (var hour in (int[])[0, 30])
            await At(hour * Story.Hour, [.. Enumerable.Range(0, Tickets).Select(i => Story.Event(Then + (hour * Story.Hour) + i, $"ticket/T-{hour}-{i}",
                new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: i % 2 == 0 ? "billing" : "returns", RiskFlags: ["regulator"]), $"c-{hour}-{i}"))]);
        await At(48 * Story.Hour, [.. Enumerable.Range(0, 2 * Tickets).Select(i => Story.Event(Then + (48 * Story.Hour) + i, $"ticket/T-{(i % 2) * 30}-{i / 2}", new TicketClosed("done"), $"d-{i}"))]);
        foreach (var ms in (long[])[10 * Story.Day, (10 * Story.Day) + Story.Hour]) // all that was promised is due, and nobody was heard of since
            await At(ms, Story.Event(Then + ms, "agent/anna", new AgentStateChanged(AgentState.Available), $"anna-{ms}"));
    }
}
