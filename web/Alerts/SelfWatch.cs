using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Alerts;

/// <summary>
/// Looks once a second whether a source fell silent or alerts are noticed late, and says so as an event: the alert that follows is told, taken and
/// kept like any other. Says nothing twice: what it says has an id that follows from the cause.
/// </summary>
internal sealed partial class SelfWatch(IOpsHost host, ChannelStore store, ServeOptions options, ILogger<SelfWatch> log) : BackgroundService
{
    /// <summary>Whose alert late detection is.</summary>
    public const string Self = "source/opsmonitor";

    private const int MostId = 250;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1), Rest = TimeSpan.FromSeconds(10);

    private readonly long _listening = host.Now;

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        if (options.BackfillUntil is not null) return; // yesterday's silences are nobody's business
        while (!stop.IsCancellationRequested)
        {
            var pause = Look;
            try
            {
                var events = host.ReadOnly ? [] : Find(host.Now);
                pause = NextLook(host.Now);
                if (events.Count > 0 && (await host.OfferAsync(events, stop)).Refusal != Silo.Local.Refusal.None) pause = Rest;
            }
            catch (OperationCanceledException) { return; }
            catch (Exception fault) when (fault is not OutOfMemoryException) // whatever it is: the walls must not go with it
            {
                CannotLook(fault);
                pause = Rest;
            }
            try { await Task.Delay(pause, stop); }
            catch (OperationCanceledException) { return; }
        }
    }

    // At the very instant at which the next source counts as silent: what is found late is a late detection of ours.
    internal TimeSpan NextLook(long now)
    {
        var settings = store.Current().Settings.Watch;
        var next = now + (long)Look.TotalMilliseconds;
        return TimeSpan.FromMilliseconds(host.Read(tally =>
        {
            foreach (var (name, stats) in tally.Sources)
                if (name != AlertDesk.Source && OwnWatch.SilentAt(stats.LastSeen, _listening, settings) is { } at && at > now) next = Math.Min(next, at);
            return next - now;
        }));
    }

    internal IReadOnlyList<Event> Find(long now)
    {
        var settings = store.Current().Settings.Watch;
        return host.Read(tally =>
        {
            var found = new List<Event>();
            if (tally is not Grains.Turns.Shard) return found; // in a cluster each node would say so
            foreach (var (name, stats) in tally.Sources)
            {
                if (name == AlertDesk.Source || name.Length > MostId) continue;
                var subject = Subject.Parse("source/" + name);
                var (raisedAt, cleared) = OwnWatch.OfSource(stats, _listening, Stands(tally, subject, "source_silent"), settings, now);
                if (raisedAt is { } at) found.Add(Raised(subject, OwnRule.SourceSilent, at, $"last heard {RowJson.Time(stats.LastSeen)}"));
                if (cleared) found.Add(Cleared(subject, OwnRule.SourceSilent, now));
            }
            var self = Subject.Parse(Self);
            var lately = Lateness.Of(tally.Alerts.NewsSince(now - OwnWatch.LatenessWindowMs), now - OwnWatch.LatenessWindowMs, now + 1);
            var late = OwnWatch.OfLateness(lately, Stands(tally, self, "late_detection"), settings);
            if (late.Raised) found.Add(Raised(self, OwnRule.LateDetection, now, $"p99 {lately.P99} ms of {lately.N}"));
            if (late.Cleared) found.Add(Cleared(self, OwnRule.LateDetection, now));
            return found;
        });
    }

    private static bool Stands(Grains.Turns.Tally tally, Subject subject, string rule) => tally.Alerts.Of(subject).Any(a => a.State == AlertState.Raised && a.Due.Rule == rule);

    private static Event Raised(Subject subject, OwnRule rule, long at, string detail) => Make(subject, "source.alarm_raised", rule, at, json =>
    {
        json.WriteString("due_at", RowJson.Time(at));
        json.WriteString("detail", detail);
    });

    private static Event Cleared(Subject subject, OwnRule rule, long now) => Make(subject, "source.alarm_cleared", rule, now, static _ => { });

    private static Event Make(Subject subject, string type, OwnRule rule, long at, Action<System.Text.Json.Utf8JsonWriter> more)
    {
        var name = rule == OwnRule.SourceSilent ? "source_silent" : "late_detection";
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{subject}\n{type}\n{name}\n{at}")).AsSpan(0, 16));
        return ServerEvents.Make(AlertDesk.Source, id, type, at, subject.ToString(), json =>
        {
            json.WriteString("rule", name);
            more(json);
        });
    }

    [LoggerMessage(LogLevel.Error, "the server cannot look after its sources at the moment")]
    private partial void CannotLook(Exception fault);
}
