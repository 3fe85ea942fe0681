using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>Signs of life to an address outside.</summary>
public sealed class DeadManTests
{
    [Fact]
    public void A_beat_each_time_a_quarter_of_it_after_a_failure_and_none_from_whoever_could_not_tell_an_alert()
    {
        Assert.Equal(long.MinValue, Heartbeat.NextAt(null, false, 60_000));
        Assert.Equal(60_100, Heartbeat.NextAt(100, true, 60_000));
        Assert.Equal(15_100, Heartbeat.NextAt(100, false, 60_000));
        Assert.Equal(5_100, Heartbeat.NextAt(100, false, 10_000));
        Assert.True(Heartbeat.MayBeat(false, 1_000, 31_000));
        Assert.False(Heartbeat.MayBeat(false, 1_000, 31_001));
        Assert.False(Heartbeat.MayBeat(true, 1_000, 1_000));
    }

    [Fact]
    public async Task It_goes_out_through_the_guard_says_nothing_of_anybody_and_its_address_is_a_secret()
    {
        var heard = new ConcurrentQueue<string>();
        await using var receiver = await HttpReceiver.StartAsync(async context => { heard.Enqueue(await HttpReceiver.BodyOf(context)); context.Response.StatusCode = 200; });
        await using var desk = new CourierDesk("base_url: https://o\nallow: ['127.0.0.1']\nchannels:\n- {id: deadman, kind: heartbeat, every_s: 60}\nroutes: {channels: []}\n");
        desk.Secrets.Keep("deadman", "url", receiver.Url + "/0f3a", 0);
        await desk.RunAsync();
        var man = desk.DeadMan();
        for (var until = DateTime.UtcNow.AddSeconds(20); heard.IsEmpty && DateTime.UtcNow < until; await Task.Delay(20)) await man.BeatAsync(default); // until the courier has gone round once
        await man.BeatAsync(default);
        Assert.Equal(["beat"], JsonDocument.Parse(Assert.Single(heard)).RootElement.EnumerateObject().Select(p => p.Name));
        desk.Clock.Ahead += TimeSpan.FromSeconds(20);
        await man.BeatAsync(default);
        Assert.Single(heard);
        desk.Clock.Ahead += TimeSpan.FromSeconds(45);
        desk.Courier.Wake();
        for (var until = DateTime.UtcNow.AddSeconds(20); heard.Count < 2 && DateTime.UtcNow < until; await Task.Delay(20)) await man.BeatAsync(default);
        Assert.Equal(2, heard.Count);
        Assert.NotNull(desk.Table.StateOf("deadman").SentAt);
    }

    [Theory]
    [InlineData("base_url: https://o\nchannels:\n- {id: d, kind: heartbeat}\nroutes: {channels: [d]}\n", 4, "signs of life")]
    [InlineData("base_url: https://o\nfallback: d\nchannels:\n- {id: d, kind: heartbeat}\nroutes: {channels: []}\n", 2, "sends alerts")]
    [InlineData("base_url: https://o\nchannels:\n- {id: d, kind: heartbeat, url: https://x/}\nroutes: {channels: []}\n", 3, "carries its authority")]
    [InlineData("base_url: https://o\nchannels:\n- {id: d, kind: wecom, every_s: 60}\nroutes: {channels: [d]}\n", 3, "kind heartbeat")]
    [InlineData("base_url: https://o\nwatch: {silent_minutes: 0}\n", 2, "silent_minutes")]
    public async Task A_file_that_breaks_a_rule_is_refused(string text, int line, string rule)
    {
        await using var desk = new CourierDesk("base_url: https://o\n");
        var fault = Assert.Throws<ReferenceDataException>(() => desk.Store.Try(ChannelReader.FileName, text));
        Assert.Contains(rule, fault.Rule, StringComparison.Ordinal);
        Assert.Equal(line, fault.Line);
    }
}
