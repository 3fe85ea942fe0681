using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Past;

/// <summary>One whose numbers at the instant asked for may be others than now.</summary>
public sealed record Unjudged(Subject Who, Evaluation Now, History History);

/// <summary>A customer's file or an agent's hour as it was at the instant, to be judged.</summary>
/// <param name="Judge">at an instant, Unix ms; reads nothing that a turn may change</param>
public sealed record UnjudgedFile(Evaluation Now, Func<long, Evaluation> Judge);

/// <summary>
/// The numbers of a past instant out of all that is known by now: the sums as they are, less what each subject adds that was under way then or has
/// changed since, and plus what it added when its history ended there. Equal to a replay of the events up to that instant, judged then. (design: two clocks)
/// </summary>
/// <param name="at">Unix ms, inclusive</param>
/// <param name="policies">as they were in force then</param>
public sealed class KnownView(long at, PolicySet policies)
{
    private const long Minute = 60_000;

    private readonly Dictionary<Subject, (Evaluation Now, Evaluation Then)> _judged = [];
    private readonly List<(Evaluation Now, Evaluation Then)> _files = [];

    public long At => at;

    /// <summary>The end of the running minute: sums have whole minutes.</summary>
    public long End { get; } = at - (((at % Minute) + Minute) % Minute) + Minute;

    public PolicySet Policies => policies;

    /// <summary>Whose files may have counted otherwise then, as far as rows say that left memory.</summary>
    internal SortedSet<string> Customers { get; } = new(StringComparer.Ordinal);

    internal IEnumerable<KeyValuePair<Subject, (Evaluation Now, Evaluation Then)>> Judged => _judged;

    internal bool Has(Subject who) => _judged.ContainsKey(who);

    internal bool Has(Subject who, Evaluation now) => _judged.TryGetValue(who, out var known) && ReferenceEquals(known.Now, now);

    internal void Forget(Subject who) => _judged.Remove(who);

    internal Evaluation? Then(Subject who) => _judged.TryGetValue(who, out var known) ? known.Then : null;

    public void Judge(Unjudged subject) => Judge(subject.Who, subject.Now, subject.History.Events);

    /// <param name="events">all of them, in their one order</param>
    public void Judge(Subject who, Evaluation now, IReadOnlyList<Event> events)
    {
        var then = UpTo(who, events);
        _judged[who] = (now, then.Count == 0 ? Evaluation.Empty : SubjectRules.Evaluate(who, then, policies, at));
    }

    /// <summary>A row of a customer's file that left memory and may have been another then.</summary>
    public void Note(Subject part)
    {
        if (CustomerPart.TryRead(part, out var customer, out _)) Customers.Add(customer);
    }

    public void Judge(UnjudgedFile file) => _files.Add((file.Now, file.Judge(at)));

    internal void Put(Subject who, Evaluation now, Evaluation then) => _judged[who] = (now, then);

    /// <summary>What of the sums of a scope was not, and what was and is no more.</summary>
    public (Ledger Plus, Ledger Minus) Changes(string scope)
    {
        var (plus, minus, left) = (new Ledger(), new Ledger(), new List<Contribution>());
        foreach (var (who, (now, then)) in _judged) Add(who, now.Contributions, then.Contributions);
        foreach (var (now, then) in _files) Add(default, now.Contributions, then.Contributions);
        return (plus, minus);

        // Most of what a subject counted for then it counts for now: that takes itself off, and costs no ledger anything.
        void Add(Subject who, IReadOnlyList<Contribution> now, IReadOnlyList<Contribution> then)
        {
            var alike = 0;
            while (alike < now.Count && alike < then.Count && now[alike] == then[alike]) alike++;
            left.Clear();
            for (var i = alike; i < now.Count; i++) left.Add(now[i]);
            for (var i = alike; i < then.Count; i++)
                if (left.IndexOf(then[i]) is var at and >= 0) left.RemoveAt(at);
                else if (then[i] is { Kind: not ContributionKind.Member } c && Report.Covers(scope, c.Queue, c.Department)) plus.Add(who, c, 1);
            foreach (var c in left)
                if (c.Kind != ContributionKind.Member && c.At < End && Report.Covers(scope, c.Queue, c.Department)) minus.Add(who, c, 1);
        }
    }

    /// <summary>Who was in which state then.</summary>
    /// <param name="others">the evaluations of those that have not changed since</param>
    public Ledger Live(string scope, IEnumerable<(Subject Who, Evaluation Now)> others)
    {
        var live = new Ledger();
        foreach (var (who, now) in others) Add(who, now);
        foreach (var (who, (_, then)) in _judged) Add(who, then);
        return live;

        void Add(Subject who, Evaluation evaluation)
        {
            foreach (var c in evaluation.Contributions)
                if (c.Kind == ContributionKind.Member && Report.Covers(scope, c.Queue, c.Department)) live.Add(who, c, 1);
        }
    }

    // A survey that names nobody belongs to a ticket only since another event of it named the ticket.
    private List<Event> UpTo(Subject who, IReadOnlyList<Event> events)
    {
        var then = new List<Event>();
        var surveys = false;
        foreach (var e in events)
        {
            if (e.At > at) break;
            then.Add(e);
            surveys |= e.Subject != who && e.Subject.Kind == SubjectKind.Survey;
        }
        if (surveys) then.RemoveAll(e => e.Subject != who && SurveyLinks.NamesNothing(e) && !then.Exists(o => o.Subject == e.Subject && SurveyLinks.TicketOf(o) == who));
        return then;
    }
}
