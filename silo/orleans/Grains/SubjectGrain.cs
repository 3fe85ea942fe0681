using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// The shell round <see cref="SubjectLife"/>: load, judge, make durable, tell. One turn at a time (grains are not re-entrant). Any failure of
/// the storage drops this activation, and with it a state that may not be durable; the sender is told to send again.
/// </summary>
public abstract class SubjectGrain(IPersistentState<SubjectState> stored, ClusterServices cluster) : Grain, ISubjectGrain
{
    private Subject _subject;
    private SubjectLife _life = null!;
    private ContactFact? _toldFact;
    private Task _heard = Task.CompletedTask;
    private Standing _standing = null!;
    private bool _unsure;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _subject = Subject.Parse(this.GetPrimaryKeyString());
        cluster.Policies.Wake(_subject); // first: a saving from here on is told to it
        _standing = await cluster.Policies.Get(cancellationToken);
        _life = new(_subject, _standing.Set, cluster.Time.Backfill);
        _life.Resume(stored.State.Events, stored.State.Alerts);
        if (!stored.RecordExists) return;
        // What was saved while nobody held it, then what fell due.
        var saved = _standing.Edits.Count > 0 && _standing.Edits[^1].At >= stored.State.Version && _life.Judge(Math.Min(_standing.Edits[^1].At, cluster.Time.Now), told: true);
        await Settle(_life.Judge(cluster.Time.Now) || saved);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        cluster.Policies.Sleep(_subject);
        return Task.CompletedTask;
    }

    public async Task<byte[]> Take(byte[] frame)
    {
        Sure();
        var changed = Follow();
        var (verdicts, mustKeep) = _life.Take(TurnFrame.Read(frame).Events, cluster.Time.Now);
        await Settle(mustKeep || changed);
        if (_subject.Kind is SubjectKind.Survey or SubjectKind.Contact) await Link();
        return Array.ConvertAll(verdicts, v => (byte)v);
    }

    // Each time all of it, also for a repeat: the call before may not have come through, and what is known there is a duplicate.
    private async Task Link()
    {
        var (survey, tickets) = (new SurveyLinks(), new SortedDictionary<Subject, List<Event>>());
        foreach (var e in _life.Kept)
            foreach (var (ticket, of) in survey.Add(e))
            {
                if (!tickets.TryGetValue(ticket, out var events)) tickets[ticket] = events = [];
                events.Add(of);
            }
        foreach (var (ticket, events) in tickets) await GrainFactory.Keeper(ticket).Take(TurnFrame.Write(0, events));
    }

    public Task Judge()
    {
        Sure();
        var changed = Follow();
        return Settle(_life.Judge(cluster.Time.Now) || changed);
    }

    public async Task Adopt(int edits)
    {
        Sure();
        await cluster.Policies.Know(edits);
        var before = _standing;
        var changed = Follow();
        if (!ReferenceEquals(before, _standing) && _life.Last.Row is { EndedAt: null }) await Settle(changed);
    }

    public async Task Retell(bool again)
    {
        Sure();
        if (!again && _heard.IsCompletedSuccessfully) return;
        _toldFact = null;
        var changed = Follow();
        await Settle(_life.Judge(cluster.Time.Now) || changed);
        await _heard;
    }

    public Task<byte[]> History() => Task.FromResult(TurnFrame.Write(0, _life.Kept));

    /// <summary>Judges by what was saved since the last time.</summary>
    /// <returns>whether alerts changed</returns>
    private bool Follow()
    {
        if (cluster.Policies.Standing is var newest && ReferenceEquals(newest, _standing)) return false;
        _standing = newest;
        return _life.Adopt(newest.Set, cluster.Time.Now);
    }

    private async Task Settle(bool mustKeep)
    {
        var state = stored.State;
        // Ahead of every version told before, also by an activation that could not keep the last ones; needs clocks that agree to a second.
        state.Version = Math.Max(state.Version + 1, cluster.Time.WallMs);
        try
        {
            if (Concerns(state) || mustKeep) await Keep();
        }
        catch
        {
            // The state holds what may not be durable: a repeat would be answered as a duplicate of something that is nowhere.
            _unsure = true;
            DeactivateOnIdle();
            throw;
        }
        Tell();
    }

    /// <summary>Those that waited in line behind a failure are asked to come again, to an activation that has read what is durable.</summary>
    private void Sure()
    {
        if (_unsure) throw Keeping.GaveUp();
    }

    /// <returns>whether somebody is concerned for the first time</returns>
    private bool Concerns(SubjectState state)
    {
        var known = state.Scopes.Count + state.Customers.Count;
        if (_life.Last.Row is not null) state.Scopes.UnionWith(Told.ScopesOf(_life.Last));
        if (_life.Last.Fact is { } fact) state.Customers.Add(fact.CustomerRef);
        return state.Scopes.Count + state.Customers.Count > known;
    }

    private async Task Keep()
    {
        // The directory first: a subject that nobody can find would never be told again after a crash.
        if (!stored.RecordExists) await cluster.Register(_subject);
        stored.State.Events = _life.Kept;
        stored.State.Alerts = _life.Alerts;
        await this.Keep(stored);
    }

    private void Tell()
    {
        if (_life.Last.Row is null) return;
        var told = new Told(_subject, stored.State.Version, Told.HomeOf(_life.Last), _life.Last, [.. _life.Alerts]);
        _heard = cluster.Teller.Tell(told, stored.State.Scopes);
        if (stored.State.Customers.Count == 0 || (_toldFact is not null && _toldFact == _life.Last.Fact)) return;
        _toldFact = _life.Last.Fact;
        foreach (var customer in stored.State.Customers)
            cluster.Teller.Tell(customer, _subject, told.Version, _toldFact?.CustomerRef == customer ? _toldFact : null);
    }
}

public sealed class TicketGrain([PersistentState("subject", Storage.Store.Name)] IPersistentState<SubjectState> stored, ClusterServices cluster)
    : SubjectGrain(stored, cluster), ITicketGrain;

public sealed class ContactGrain([PersistentState("subject", Storage.Store.Name)] IPersistentState<SubjectState> stored, ClusterServices cluster)
    : SubjectGrain(stored, cluster), IContactGrain;

public sealed class CallbackGrain([PersistentState("subject", Storage.Store.Name)] IPersistentState<SubjectState> stored, ClusterServices cluster)
    : SubjectGrain(stored, cluster), ICallbackGrain;

public sealed class AgentGrain([PersistentState("subject", Storage.Store.Name)] IPersistentState<SubjectState> stored, ClusterServices cluster)
    : SubjectGrain(stored, cluster), IAgentGrain;

public sealed class OtherGrain([PersistentState("subject", Storage.Store.Name)] IPersistentState<SubjectState> stored, ClusterServices cluster)
    : SubjectGrain(stored, cluster), IOtherGrain;
