using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>A customer's contacts: version and fact (null: taken away) by contact; and how far its own telling is.</summary>
public sealed class CustomerState
{
    public long Version { get; set; }

    public SortedDictionary<string, Fact> Contacts { get; set; } = new(StringComparer.Ordinal);

    public SortedSet<string> Scopes { get; set; } = new(StringComparer.Ordinal);

    public sealed record Fact(long Version, ContactFact? What);
}

/// <summary>First-contact resolution of one customer. Its row is told under the customer's reference, as in the shard of one machine.</summary>
public sealed class CustomerGrain(
    [PersistentState("customer", Storage.Store.Name)] IPersistentState<CustomerState> stored, ClusterServices cluster) : Grain, ICustomerGrain
{
    private bool _unsure;

    public async Task Hear(string contact, long version, byte[]? fact)
    {
        if (_unsure) throw Keeping.GaveUp();
        var what = fact is null ? null : Wire.Unpack<ContactFact>(fact);
        var known = stored.State.Contacts.GetValueOrDefault(contact);
        if (known is not null && known.Version >= version) return;
        stored.State.Contacts[contact] = new(version, what);
        await Settle(mustKeep: known is null || known.What != what);
    }

    public Task Judge() => Settle(mustKeep: false);

    private async Task Settle(bool mustKeep)
    {
        var state = stored.State;
        var facts = state.Contacts.Values.Select(f => f.What).OfType<ContactFact>().OrderBy(f => f.InitiatedAt).ThenBy(f => f.Contact).ToList();
        var policies = (await cluster.Policies.Get(default)).Set;
        var evaluation = CustomerRules.Evaluate(facts, policies.FcrWindowMs, cluster.Time.Now, policies.FcrPerIssue);
        state.Version = Math.Max(state.Version + 1, cluster.Time.WallMs);
        var scopes = state.Scopes.Count;
        state.Scopes.UnionWith(Told.ScopesOf(evaluation));
        try
        {
            if (mustKeep || state.Scopes.Count > scopes) await this.Keep(stored);
        }
        catch
        {
            _unsure = true; // the same version, told again, must not be taken for one that is kept
            throw;
        }
        _ = cluster.Teller.Tell(new(new(SubjectKind.Other, this.GetPrimaryKeyString()), state.Version, Told.HomeOf(evaluation), evaluation, []), state.Scopes);
    }
}
