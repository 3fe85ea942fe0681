using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Events;
using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Vault;

/// <summary>
/// Stands before the sink that keeps events: personal data goes to the vault, the rest on. The vault is written after the event is durable and
/// before the answer: of a refused event nothing is kept, and after a crash in between the sender comes again and fills it.
/// </summary>
public sealed class VaultSink(IEventSink inner, CustomerVault vault) : IEventSink
{
    public async ValueTask<IngestAnswer> OfferAsync(IReadOnlyList<Event> events, CancellationToken cancel)
    {
        var taken = events.Select(e => Diversion.Take(e, vault)).ToList();
        var good = taken.Select(t => t.Event.Event).OfType<Event>().ToList();
        var answer = good.Count == 0 ? new IngestAnswer(false, false, []) : await inner.OfferAsync(good, cancel);
        if (answer.Full || answer.ReadOnly) return answer;
        var (verdicts, told, next) = (new List<EventVerdict>(events.Count), new List<(string, PersonalData, bool)>(), 0);
        foreach (var (e, customer, data) in taken)
        {
            var verdict = e.Error is { } error ? new(EventStatus.Rejected, error.Code, error.Pointer, error.Detail) : answer.Verdicts[next++];
            verdicts.Add(verdict);
            if (verdict.Status != EventStatus.Rejected && customer is not null && data is not null) told.Add((customer, data, verdict.Status == EventStatus.Duplicate));
        }
        try
        {
            if (told.Count > 0) vault.Keep(told);
        }
        catch (SqliteException)
        {
            return new(false, true, []); // no answer that ends the matter: sent again, the events are duplicates and the vault is filled
        }
        return new(false, false, verdicts);
    }
}
