using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Past;
using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// How customers' files leave memory. What a contact or ticket counts for in its file leaves as those do that are over, once no window is open on it; a
/// file without such rows in memory comes to rest a week later. Before anything of it changes it is opened, and what its rows were is made anew.
/// </summary>
public sealed partial class Shard
{
    private const int FilesAtOnce = 500, RunsAtOnce = 8;
    private const long AskedEveryMs = 86_400_000; // whether it can leave by now

    private readonly Queue<(string Customer, long Since)> _quietFiles = new();

    /// <summary>How many customers' files are in memory.</summary>
    public int OpenFileCount => _customers.InMemoryCount;

    /// <summary>Rows of customers' files that are not in memory, made anew: walks through every file there is.</summary>
    public IEnumerable<KeyValuePair<Subject, Evaluation>> RestingParts() =>
        from file in _customers.InMemory.Where(f => f.Value.HasRested).Concat(_customers.Resting())
        from fact in file.Value.Facts
        let part = CustomerPart.Of(file.Key, Placed.Of(fact))
        where !Has(part)
        let anew = Anew(fact, file.Value)
        where anew.Contributions.Count > 0
        select KeyValuePair.Create(part, anew);

    /// <inheritdoc/>
    public override IEnumerable<(Subject Who, Contribution What)> RestingContributions() =>
        base.RestingContributions().Concat(from part in RestingParts() from what in part.Value.Contributions select (part.Key, what));

    // No alert is due of a row that left.
    private Evaluation Anew(ContactFact fact, CustomerFile file) => CustomerRules.Evaluate(fact, file, new(file.WindowMs, file.PerIssue, null), Now);

    private Evaluation LastOf(string customer, CustomerFile file, ContactFact fact) =>
        CustomerPart.Of(customer, Placed.Of(fact)) is var part && !Has(part) && file.HasRested ? Anew(fact, file) : Last(part);

    private void MakeAnew(string customer, CustomerFile file) => file.AsItWas(fact =>
    {
        var part = CustomerPart.Of(customer, Placed.Of(fact));
        if (Has(part) || Anew(fact, file) is not { Contributions.Count: > 0 } was) return;
        PutBack(part, was);
        file.Rows++;
    });

    // Alerts that have ended are the alert book's affair.
    private static bool IsOver(Evaluation part)
    {
        if (part.NextChangeAt != long.MaxValue) return false;
        foreach (var alert in part.Alerts)
            if (alert.Active) return false;
        return true;
    }

    // Null where it stays. Looks only: others may read meanwhile.
    private Leaver? LeaverOfPart(Subject part)
    {
        var last = Last(part);
        if (!Has(part) || !IsOver(last) || !CustomerPart.TryRead(part, out var customer, out var place)) return null;
        var life = _customers.Opened(customer) is { } file && file.Find(place) is { } fact ? CustomerRules.LifeOf(fact, last) : Life.None;
        return new(part, last, 0) { Life = life };
    }

    private bool IsAsItWas(Subject part, Evaluation? evaluation) => Has(part) && ReferenceEquals(Last(part), evaluation);

    private void LeavePart(Subject part)
    {
        Drop(part);
        if (!CustomerPart.TryRead(part, out var customer, out _)) return;
        var file = FileOf(customer);
        file.HasRested = true;
        if (--file.Rows == 0) QuietFile(customer, file);
    }

    private void QuietFile(string customer, CustomerFile file)
    {
        if (options.LeaveAfterMs == long.MaxValue || file.IsQueued) return;
        file.IsQueued = true;
        _quietFiles.Enqueue((customer, TurnClock));
    }

    private void RestFiles()
    {
        var (before, asked) = (TurnClock - options.FilesStayMs, TurnClock - Math.Min(options.FilesStayMs, AskedEveryMs));
        for (var n = 0; n < FilesAtOnce && _quietFiles.TryPeek(out var next) && next.Since <= asked; n++)
        {
            _quietFiles.Dequeue();
            if (_customers.Opened(next.Customer) is not { } file) continue;
            file.IsQueued = false;
            if (file.Rows > 0) continue; // the last of them will say so
            if (IsQuiet(next.Customer, file, before)) _customers.Rest(next.Customer); else QuietFile(next.Customer, file);
        }
        _customers.Write(RunsAtOnce);
    }

    // A rule that is saved may say something of what lies less than a week back; and what people do with an alert that stands reaches it by its file.
    private bool IsQuiet(string customer, CustomerFile file, long before)
    {
        if (Alerts.AnyStands(RuleSubjects.Customer(customer))) return false;
        foreach (var fact in file.Facts)
            if (fact.InitiatedAt > before || fact.LastAt > before) return false;
        return true;
    }

    private void Resume(FilesImage image)
    {
        _customers.Resume(image);
        foreach (var (customer, file) in _customers.InMemory.OrderBy(f => f.Key, StringComparer.Ordinal)) QuietFile(customer, file);
    }

    private void ResumePart(Subject part, Evaluation evaluation)
    {
        if (!CustomerPart.TryRead(part, out var customer, out _)) return;
        FileOf(customer).Rows++;
        if (IsOver(evaluation)) Quiet(part, 0, long.MinValue);
    }
}
