using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// A subject's row as one host tells it to another: whole, so that hearing it twice or missing one before it changes nothing.
/// <see cref="Version"/> grows with each telling of a subject. <see cref="Home"/> is the department that watches over its deadlines, "" for none.
/// </summary>
public sealed record Told(Subject Subject, long Version, string Home, Evaluation Evaluation, IReadOnlyList<Alert> Alerts)
{
    /// <summary>The department in whose care an evaluation's subject is.</summary>
    public static string HomeOf(Evaluation evaluation) =>
        evaluation.Row?.DepartmentId ?? (evaluation.Contributions.Count > 0 ? evaluation.Contributions[^1].Department : null) ?? "";

    /// <summary>Every department and queue that the row concerns: <c>department/ID</c> (the home's among them), <c>queue/ID</c>; ordinal, each once.</summary>
    public static SortedSet<string> ScopesOf(Evaluation evaluation)
    {
        var scopes = new SortedSet<string>(StringComparer.Ordinal) { "department/" + HomeOf(evaluation) };
        foreach (var c in evaluation.Contributions)
        {
            if (c.Department is not null) scopes.Add("department/" + c.Department);
            if (c.Queue is not null) scopes.Add("queue/" + c.Queue);
        }
        return scopes;
    }
}

/// <summary>A tally that is told rows by those who judge them. The newest version of each row wins.</summary>
public sealed class Replica(PolicySet policies) : Tally(policies)
{
    private readonly Dictionary<Subject, (long Version, string Home)> _heard = [];
    private readonly SortedSet<(long At, string Agent, long Hour)> _ahead = [];

    public override long EventCount
    {
        get
        {
            var sum = 0L;
            foreach (var source in Sources.Values) sum += source.Accepted;
            return sum;
        }
    }

    /// <returns>false for a row that is not newer than the one known</returns>
    public bool Hear(Told told)
    {
        if (_heard.TryGetValue(told.Subject, out var known) && known.Version >= told.Version) return false;
        _heard[told.Subject] = (told.Version, told.Home);
        Remember(told.Subject, Last(told.Subject).Work, told.Evaluation.Work);
        if (told.Evaluation.States is { } states) Dirty(told.Subject.Id).AddNew(History.Of(states).Events);
        Exchange(told.Subject, told.Evaluation);
        SettleHours();
        Alerts.Replace(told.Subject, told.Alerts);
        Version++;
        return true;
    }

    /// <summary>What is known of one source by all who hear it.</summary>
    public void Know(string source, SourceStats stats)
    {
        Sources[source] = stats;
        LastEventAt = Math.Max(LastEventAt, stats.LastEventAt);
    }

    /// <summary>What was saved up to now, and all policies as they stand with it. Rows that it changes are told by those who judge them.</summary>
    public void Adopt(IReadOnlyList<PolicyEdit> edits, PolicySet policies)
    {
        (Edits, Policies) = (edits, policies);
        Version++;
    }

    /// <summary>Time goes on though nobody tells anything.</summary>
    public void Advance(long now)
    {
        Now = Math.Max(Now, now);
        while (_ahead.Count > 0 && _ahead.Min is var (at, agent, hour) && at <= Now)
        {
            _ahead.Remove((at, agent, hour));
            Dirty(agent).Wake(hour);
        }
        SettleHours();
    }

    // Nobody tells an agent's hours: they follow from what contacts and agents tell. What was told ahead of its time waits here.
    private void SettleHours()
    {
        if (!HasDirtyAgents) return;
        Version++;
        SettleAgents(Now, (who, file, next) =>
        {
            if (file == who) return; // its row was told
            if (next.NextChangeAt < long.MaxValue && AgentHour.TryRead(file, out var agent, out var hour)) _ahead.Add((next.NextChangeAt, agent, hour));
            Exchange(file, next with { NextChangeAt = long.MaxValue });
        });
    }

    /// <summary>Takes the subjects in a department's care whose row changes at or before an instant; those of others are their home's to wake.</summary>
    public IReadOnlyList<Subject> TakeDueOf(string home, long now)
    {
        var due = new List<Subject>();
        while (TakeDue(now, out var who))
            if (_heard[who].Home == home) due.Add(who);
        return due;
    }

    /// <summary>Rows in a department's care as they were heard, in the order of their subjects, from after one of them on.</summary>
    public IEnumerable<Told> ToldOf(string home, Subject? after)
    {
        foreach (var who in Subjects(after)) // nobody told of agents' hours
            if (_heard.TryGetValue(who, out var heard) && heard is var (version, at) && at == home) yield return new(who, version, home, Last(who), Alerts.Of(who));
    }
}
