using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>What becomes of letters, against real receivers on loopback.</summary>
public sealed class CourierTests
{
    [Fact]
    public async Task More_than_twenty_of_one_department_at_once_are_one_message_and_each_is_recorded()
    {
        var texts = new ConcurrentQueue<string>();
        await using var robot = await HttpReceiver.StartAsync(async context =>
        {
            texts.Enqueue(JsonElement.Parse(await HttpReceiver.BodyOf(context)).GetProperty("text").GetProperty("content").GetString()!);
            await context.Response.WriteAsync("""{"errcode":0,"errmsg":"ok"}""");
        });
        await using var desk = new CourierDesk("""
            base_url: https://ops.example.com
            allow: ["127.0.0.1"]
            channels:
            - {id: ding, kind: dingtalk}
            routes: {channels: [ding]}
            """);
        desk.Secrets.Keep("ding", "url", robot.Url + "?access_token=t0p", 0);
        for (var i = 0; i < 25; i++) desk.Rows.Add(CourierDesk.Row(i, desk.Clock.NowMs, department: i < 22 ? "billing" : "returns"));
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Rows.Left == 0 && desk.Table.Count("ding", LetterState.Waiting) == 0);
        Assert.Equal(4, texts.Count);
        Assert.Single(texts, t => t.Contains("22 alert messages at once", StringComparison.Ordinal));
        Assert.Equal(25, desk.Table.Count("ding", LetterState.Sent));
        for (var i = 0; i < 25; i++) Assert.Equal(Why.FirstTime, Assert.Single(desk.Table.DecisionsOf(CourierDesk.Row(i, 0).Alert, 10)).Why);
    }

    [Fact]
    public async Task A_chat_at_its_limit_gets_one_digest_of_all_that_waits_and_is_not_asked_again_in_that_minute()
    {
        var texts = new ConcurrentQueue<string>();
        await using var robot = await HttpReceiver.StartAsync(async context =>
        {
            texts.Enqueue(JsonElement.Parse(await HttpReceiver.BodyOf(context)).GetProperty("text").GetProperty("content").GetString()!);
            await context.Response.WriteAsync("""{"errcode":0,"errmsg":"ok"}""");
        });
        await using var desk = new CourierDesk($$"""
            base_url: https://ops.example.com
            allow: ["127.0.0.1"]
            channels:
            - {id: ding, kind: dingtalk, language: zh-Hans, zone: Asia/Shanghai}
            routes: {channels: [ding]}
            """);
        desk.Secrets.Keep("ding", "url", robot.Url + "?access_token=t0p", 0);
        for (var i = 0; i < 120; i++) desk.Rows.Add(CourierDesk.Row(i, desk.Clock.NowMs, department: $"d{i % 30}"));
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Rows.Left == 0 && desk.Table.Count("ding", LetterState.Waiting) == 0);
        Assert.Equal(20, texts.Count);
        Assert.Contains("101 条告警", texts.Last(), StringComparison.Ordinal);
        Assert.Equal(120, desk.Table.Count("ding", LetterState.Sent));

        var asked = 0;
        desk.Rows.Add(CourierDesk.Row(200, desk.Clock.NowMs));
        for (var i = 0; i < 20; i++) { desk.Courier.Wake(); await Task.Delay(20); asked = texts.Count; }
        Assert.Equal(20, asked);
        desk.Clock.Ahead += TimeSpan.FromSeconds(61);
        desk.Courier.Wake();
        await desk.UntilAsync(() => texts.Count == 21);
    }

    [Fact]
    public async Task Who_says_too_fast_inside_a_200_is_left_alone_for_as_long_as_he_blocks()
    {
        var calls = new ConcurrentQueue<long>();
        CourierDesk? desk = null;
        await using var robot = await HttpReceiver.StartAsync(async context =>
        {
            calls.Enqueue(desk!.Clock.NowMs);
            await context.Response.WriteAsync(calls.Count == 1 ? """{"errcode":130101,"errmsg":"send too fast"}""" : """{"errcode":0}""");
        });
        await using (desk = new CourierDesk("base_url: https://ops.example.com\nallow: [\"127.0.0.1\"]\nchannels:\n- {id: ding, kind: dingtalk}\nroutes: {channels: [ding]}\n"))
        {
            desk.Secrets.Keep("ding", "url", robot.Url.AbsoluteUri, 0);
            desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
            await desk.RunAsync();
            await desk.UntilAsync(() => desk.Table.Count("ding", LetterState.Sent) == 1);
            Assert.InRange(calls.ElementAt(1) - calls.First(), 600_000, 660_000);
        }
    }

    [Fact]
    public async Task What_is_tried_out_is_a_dead_letter_told_by_another_way_and_can_be_sent_again()
    {
        var (broken, other, works) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>(), false);
        await using var bad = await HttpReceiver.StartAsync(context =>
        {
            broken.Enqueue(context.Request.Headers["webhook-id"].ToString());
            context.Response.StatusCode = works ? 204 : 500;
            return Task.CompletedTask;
        });
        await using var good = await HttpReceiver.StartAsync(async context =>
        {
            other.Enqueue(await HttpReceiver.BodyOf(context));
            await context.Response.WriteAsync("""{"code":0}""");
        });
        await using var desk = new CourierDesk($$"""
            base_url: https://ops.example.com
            fallback: lark
            allow: ["127.0.0.1"]
            channels:
            - {id: hook, kind: webhook, url: "{{bad.Url}}"}
            - {id: lark, kind: feishu}
            routes: {channels: [hook]}
            """);
        desk.Secrets.Keep("hook", "secret", CourierDesk.Secret, 0);
        desk.Secrets.Keep("lark", "url", good.Url.AbsoluteUri, 0);
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
        var begun = desk.Clock.NowMs;
        await desk.RunAsync();
        await desk.UntilAsync(() => other.Count == 1);
        Assert.Equal(Retries.Most, broken.Count);
        Assert.InRange(desk.Clock.NowMs - begun, 67 * 3_600_000L, 84 * 3_600_000L); // 75 h 35 min, a tenth either way
        Assert.Contains("The channel hook could not tell", other.Single(), StringComparison.Ordinal);
        var dead = Assert.Single(desk.Table.Of("hook", LetterState.Dead, 10));
        Assert.Equal((Retries.Most, "http 500"), (dead.Attempts, dead.Last));

        works = true;
        Assert.True(desk.Table.Again("hook", dead.Id, desk.Clock.NowMs));
        Assert.False(desk.Table.Again("hook", dead.Id, desk.Clock.NowMs));
        await desk.UntilAsync(() => desk.Table.Count("hook", LetterState.Sent) == 1);
        Assert.Single(broken.Distinct());
    }

    [Fact]
    public async Task A_410_switches_the_channel_off_until_somebody_switches_it_on()
    {
        var calls = 0;
        await using var gone = await HttpReceiver.StartAsync(context => { Interlocked.Increment(ref calls); context.Response.StatusCode = 410; return Task.CompletedTask; });
        await using var desk = new CourierDesk($$"""
            base_url: https://ops.example.com
            allow: ["127.0.0.1"]
            channels:
            - {id: hook, kind: webhook, url: "{{gone.Url}}"}
            routes: {channels: [hook]}
            """);
        desk.Secrets.Keep("hook", "secret", CourierDesk.Secret, 0);
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Table.StateOf("hook").DisabledAt is not null);
        desk.Rows.Add(CourierDesk.Row(2, desk.Clock.NowMs));
        await desk.UntilAsync(() => desk.Table.Count("hook", LetterState.Dead) == 2);
        Assert.Equal(1, calls);
        desk.Table.Enable("hook");
        foreach (var letter in desk.Table.Of("hook", LetterState.Dead, 10)) Assert.True(desk.Table.Again("hook", letter.Id, desk.Clock.NowMs));
        await desk.UntilAsync(() => calls > 1);
    }

    [Fact]
    public async Task Letters_about_one_alert_arrive_in_their_order_though_the_first_fails()
    {
        var heard = new ConcurrentQueue<string>();
        await using var receiver = await HttpReceiver.StartAsync(async context =>
        {
            var type = JsonElement.Parse(await HttpReceiver.BodyOf(context)).GetProperty("type").GetString()!;
            if (heard.IsEmpty) { heard.Enqueue("failed"); context.Response.StatusCode = 500; context.Response.Headers.RetryAfter = "30"; return; }
            heard.Enqueue(type);
        });
        await using var desk = new CourierDesk($$"""
            base_url: https://ops.example.com
            allow: ["127.0.0.1"]
            channels:
            - {id: hook, kind: webhook, url: "{{receiver.Url}}"}
            routes: {channels: [hook]}
            """);
        desk.Secrets.Keep("hook", "secret", CourierDesk.Secret, 0);
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs + 1, state: AlertState.Resolved));
        var begun = desk.Clock.NowMs;
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Table.Count("hook", LetterState.Sent) == 2, held: true);
        Assert.Equal(["failed", "alert.raised", "alert.resolved"], heard);
        Assert.InRange(desk.Clock.NowMs - begun, 30_000, 60_000); // Retry-After, longer than the schedule's five seconds
    }
}
