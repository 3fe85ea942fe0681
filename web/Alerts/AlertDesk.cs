using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Alerts;

internal enum OutcomeKind { Done, NotFound, Over, Held, Full, ReadOnly }

internal readonly record struct Outcome(OutcomeKind Kind, Alert? Alert = null);

/// <summary>
/// Where people take alerts. One at a time here, so that two at once get instants in the order in which they were asked; who has it is then
/// decided by the order of events alone, on every host and after every start.
/// </summary>
public sealed class AlertDesk(IOpsHost host) : IDisposable
{
    /// <summary>The events' source: the server's own word.</summary>
    public const string Source = "/opsmonitor/alerts";

    // A cluster shows a change a little after it is durable.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Look = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The alert with a code: one that stands, else the newest that did.</summary>
    public static Alert? Find(IOpsHost host, string code)
    {
        Alert? found = null;
        foreach (var alert in Whole.Alerts(host, tally => tally.Alerts.All.Where(a => string.Equals(a.Code, code, StringComparison.OrdinalIgnoreCase)), kept => kept.AlertsOf(code)))
            if (found is null || (alert.State == AlertState.Raised, alert.ChangedAt).CompareTo((found.State == AlertState.Raised, found.ChangedAt)) > 0) found = alert;
        return found;
    }

    internal async Task<Outcome> Act(string code, Wish wish, CancellationToken stop)
    {
        await _one.WaitAsync(stop);
        try
        {
            if (Find(host, code) is not { } alert) return new(OutcomeKind.NotFound);
            if (alert.State != AlertState.Raised) return new(OutcomeKind.Over, alert);
            if (Held(alert.Care, wish)) return new(OutcomeKind.Held, alert);
            if (wish.Kind == ActKind.Release && alert.Care.Hold == Hold.Open) return new(OutcomeKind.Done, alert);
            var at = Math.Max(host.Now, Math.Max(alert.Since, alert.Care.Since));
            var (refusal, _) = await host.OfferAsync([Event(alert, wish, at)], stop);
            if (refusal != Silo.Local.Refusal.None) return new(refusal == Silo.Local.Refusal.Full ? OutcomeKind.Full : OutcomeKind.ReadOnly);
            return await Seen(alert, wish, at, stop);
        }
        finally { _one.Release(); }
    }

    public void Dispose() => _one.Dispose();

    private static bool Held(AlertCare care, Wish wish) => wish.Kind != ActKind.Release && care.Hold != Hold.Open && !string.Equals(care.By, wish.By, StringComparison.Ordinal);

    private async Task<Outcome> Seen(Alert before, Wish wish, long at, CancellationToken stop)
    {
        for (var until = DateTime.UtcNow + Patience; ;)
        {
            var alert = host.Read(tally => tally.Alerts.Find(before.Key)) ?? before;
            if (alert.State != AlertState.Raised) return new(OutcomeKind.Over, alert);
            if (Held(alert.Care, wish)) return new(OutcomeKind.Held, alert);
            if (alert.Care.Since >= at || DateTime.UtcNow > until) return new(OutcomeKind.Done, alert);
            await Task.Delay(Look, stop);
        }
    }

    private static Event Event(Alert alert, Wish wish, long at)
    {
        var type = wish.Kind switch { ActKind.Acknowledge => "alert.acknowledged", ActKind.Shelve => "alert.shelved", _ => "alert.released" };
        return ServerEvents.Make(Source, Guid.NewGuid().ToString("N"), type, at, alert.Due.Subject.ToString(), json =>
        {
            json.WriteString("alert", alert.Key.Id);
            json.WriteString("by", wish.By);
            json.WriteString("key", wish.KeyId);
            if (wish.Kind != ActKind.Release) json.WriteString("until", RowJson.Time(at + (wish.Minutes * 60_000L)));
            if (wish.Words is { } text) json.WriteString(wish.Kind == ActKind.Shelve ? "reason" : "note", text);
        }, alert.Due.DepartmentId);
    }
}
