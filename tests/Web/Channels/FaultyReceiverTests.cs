using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Channels.Translators;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>
/// A receiver that answers 5xx to three of ten and hears one of ten without answering, and a sender that is killed again and again between
/// sending and marking: all is told, and doubled is only what had its answer lost, by the same id.
/// </summary>
public sealed class FaultyReceiverTests(ITestOutputHelper output)
{
    private static readonly int Alerts = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_LETTERS"), out var n) ? n : 400;
    private const int Kills = 6;

    [Fact]
    public async Task Every_alert_is_told_and_doubled_only_where_the_answer_was_lost()
    {
        var (heard, unanswered, requests, bad) = (new ConcurrentDictionary<string, int>(), new ConcurrentDictionary<string, int>(), new ConcurrentDictionary<string, int>(), 0);
        await using var receiver = await HttpReceiver.StartAsync(async context =>
        {
            var (id, body) = (context.Request.Headers["webhook-id"].ToString(), Encoding.UTF8.GetBytes(await HttpReceiver.BodyOf(context)));
            var seconds = long.Parse(context.Request.Headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture);
            if (context.Request.Headers["webhook-signature"] != Webhook.Sign(CourierDesk.Secret, id, seconds, body)) Interlocked.Increment(ref bad);
            var luck = Luck(id, requests.AddOrUpdate(id, 1, static (_, n) => n + 1));
            if (luck < 30) { context.Response.StatusCode = 503; return; }
            heard.AddOrUpdate(id, 1, static (_, n) => n + 1);
            if (luck >= 40) return;
            unanswered.AddOrUpdate(id, 1, static (_, n) => n + 1);
            try { await Task.Delay(Timeout.Infinite, context.RequestAborted); }
            catch (OperationCanceledException) { }
        });
        await using var desk = new CourierDesk($$"""
            base_url: https://ops.example.com
            allow: ["127.0.0.1:{{receiver.Url.Port}}"]
            channels:
            - {id: hook, kind: webhook, url: "{{receiver.Url}}", timeout_s: 1}
            routes: {channels: [hook]}
            """);
        desk.Secrets.Keep("hook", "secret", CourierDesk.Secret, 0);
        for (var i = 0; i < Alerts; i++) desk.Rows.Add(CourierDesk.Row(i, desk.Clock.NowMs));
        var lost = new ConcurrentDictionary<string, int>();

        for (var kill = 0; kill < Kills; kill++)
        {
            if (kill == 1) desk.Rows.MarksLost = 1;
            var switched = new KilledSender(Math.Max(20, Alerts / (2 * Kills)), lost);
            await desk.RunAsync(inner => switched.Before(inner), atOnce: 64, drainS: 0);
            await desk.UntilAsync(() => switched.Killed || Done(desk), 120);
            await desk.CrashAsync();
        }
        await desk.RunAsync(atOnce: 64);
        await desk.UntilAsync(() => Done(desk), 60 + (Alerts / 20));
        await desk.StopAsync();

        var doubled = heard.Where(h => h.Value > 1).ToList();
        output.WriteLine($"{Alerts} alerts: {requests.Values.Sum()} requests, {unanswered.Values.Sum()} unanswered, {lost.Values.Sum()} answers lost by {Kills} kills, {doubled.Count} doubled, {Alerts - heard.Count} undelivered, {desk.Table.Count("hook", LetterState.Dead)} dead");
        Assert.Equal(0, bad);
        Assert.Equal(Alerts, requests.Count); // no other ids than one for each alert
        Assert.Equal(Alerts, heard.Count);
        Assert.All(doubled, d => Assert.True(d.Value - 1 <= unanswered.GetValueOrDefault(d.Key) + lost.GetValueOrDefault(d.Key), d.Key));
        Assert.True(doubled.Count > 0 && !lost.IsEmpty, "the faults happened");
        Assert.Equal(Alerts, desk.Table.Count("hook", LetterState.Sent) + desk.Table.Count("hook", LetterState.Dead));
    }

    private static bool Done(CourierDesk desk) => desk.Rows.Left == 0 && desk.Table.ChannelsThatWait().Count == 0;

    // 0 to 99, by the letter and how often it came.
    private static int Luck(string id, int time) => SHA256.HashData(Encoding.UTF8.GetBytes($"7\n{id}\n{time}"))[0] * 100 / 256;

    /// <summary>After so many answers nothing that was sent is heard of any more, as if the process had been killed before it could mark.</summary>
    private sealed class KilledSender(int after, ConcurrentDictionary<string, int> lost) : ISender
    {
        private ISender? _inner;
        private int _answers;

        public bool Killed => Volatile.Read(ref _answers) >= after;

        public ISender Before(ISender inner)
        {
            _inner = inner;
            return this;
        }

        public async Task<SendResult> SendAsync(ChannelSettings settings, ChannelEntry channel, IReadOnlyList<Letter> letters, long now, CancellationToken stop)
        {
            if (Killed) await Task.Delay(Timeout.Infinite, stop);
            try
            {
                var result = await _inner!.SendAsync(settings, channel, letters, now, stop);
                if (Interlocked.Increment(ref _answers) < after) return result;
            }
            catch (OperationCanceledException) { }
            lost.AddOrUpdate(letters[0].Key, 1, static (_, n) => n + 1);
            await Task.Delay(Timeout.Infinite, stop);
            throw new OperationCanceledException();
        }
    }
}
