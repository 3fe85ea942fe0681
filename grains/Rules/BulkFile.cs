using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Rules;

/// <summary>The complaints of one issue for one department, by their creation. Which they are is kept for two days, that they were for as long as a baseline needs.</summary>
internal sealed class BulkFile(string department, string issue)
{
    private const long DayMs = 86_400_000, NamedMs = 2 * DayMs;

    /// <summary>Complaints are known for so long, in ms: eight weeks before the oldest event that is still taken, and some.</summary>
    public const long KeptMs = 100 * DayMs;

    /// <summary>What was raised further back is not told again, in ms: no event so old is taken.</summary>
    public const long LookBackMs = 35 * DayMs;

    private readonly List<long> _at = [];
    private readonly List<string?> _who = []; // ticket ids
    private readonly List<BulkEpisode> _episodes = [];
    private long _changedFrom = long.MinValue;

    public string Department => department;

    public Subject Subject { get; } = RuleSubjects.Bulk(department, issue);

    /// <summary>The oldest complaint that is kept, Unix ms; the greatest value for none.</summary>
    public long First => _at.Count == 0 ? long.MaxValue : _at[0];

    public void Add(long at, string who)
    {
        var i = Place(at, who);
        _at.Insert(i, at);
        _who.Insert(i, who);
        _changedFrom = Math.Min(_changedFrom, at);
    }

    /// <summary>All of it is to be judged again.</summary>
    public void BeginAnew() => _changedFrom = long.MinValue;

    /// <summary>All of it from an instant on is to be judged again: by other rules.</summary>
    public void BeginAnew(long from) => _changedFrom = Math.Min(_changedFrom, from);

    public void Remove(long at, string who)
    {
        var i = Place(at, who);
        if (i == _at.Count || _at[i] != at || _who[i] != who) i = Place(at, ""); // whose name is forgotten
        if (i == _at.Count || _at[i] != at) return;
        _at.RemoveAt(i);
        _who.RemoveAt(i);
        _changedFrom = Math.Min(_changedFrom, at);
    }

    /// <summary>Those that somebody may still take back, as they were added.</summary>
    public IEnumerable<(long At, string? Who)> All()
    {
        for (var i = 0; i < _at.Count; i++) yield return (_at[i], _who[i]);
    }

    public void Restore(long at, string? who)
    {
        _at.Add(at);
        _who.Add(who);
    }

    /// <returns>when to look again although no complaint comes</returns>
    public long Judge(RuleSet rules, long knownSince, long now, List<DueAlert> alerts)
    {
        var next = BulkRule.Find(_at, knownSince, rules, department, _episodes, _changedFrom, now);
        var ahead = FirstAfter(now);
        _changedFrom = ahead < _at.Count ? _at[ahead] : long.MaxValue;
        foreach (var e in _episodes)
            if (e.OpenedAt >= now - LookBackMs || e.ClosedAt is null) alerts.Add(AlertOf(e, e.Rule, BulkRule.WindowMs(e.Rule), now));
        Forget(now);
        return next;
    }

    private DueAlert AlertOf(BulkEpisode e, Rule rule, long window, long now) =>
        new(Subject, rule.Name, rule.Version, issue, rule.Level, department, e.OpenedAt - (((e.OpenedAt % window) + window) % window), e.OpenedAt, e.ClosedAt is null)
        {
            Ladder = rule.Ladder, Finding = new(e.Found, 0, e.Limit), EndedAt = e.ClosedAt, Members = Members(e.OpenedAt - window + 1, Math.Min(e.ClosedAt ?? now, now), e.ClosedAt is null ? long.MinValue : now - NamedMs),
        };

    private Items<Subject> Members(long from, long to, long named)
    {
        var members = new List<Subject>();
        for (var i = Place(from, ""); i < _at.Count && _at[i] <= to; i++)
            if (_at[i] >= named && _who[i] is { } who) members.Add(new(SubjectKind.Ticket, who));
        members.Sort();
        return new(members);
    }

    // Once in a while: each forgetting walks the list.
    private long _forgotAt = long.MinValue;

    private void Forget(long now)
    {
        if (_forgotAt != long.MinValue && now - _forgotAt < DayMs) return;
        _forgotAt = now;
        var named = now - NamedMs - DayMs;
        foreach (var e in _episodes)
            if (e.ClosedAt is null) named = Math.Min(named, e.OpenedAt - DayMs);
        for (var i = 0; i < _at.Count && _at[i] < named; i++) _who[i] = null;
        var old = 0;
        while (old < _at.Count && _at[old] < now - KeptMs) old++;
        _at.RemoveRange(0, old);
        _who.RemoveRange(0, old);
        _episodes.RemoveAll(e => e.ClosedAt < now - LookBackMs);
    }

    private int FirstAfter(long at)
    {
        var i = _at.Count;
        while (i > 0 && _at[i - 1] > at) i--;
        return i;
    }

    // In the order of instants, then of ids, those whose name is forgotten first.
    private int Place(long at, string who)
    {
        var (low, high) = (0, _at.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_at[middle] < at || (_at[middle] == at && string.CompareOrdinal(_who[middle], who) < 0)) low = middle + 1; else high = middle;
        }
        return low;
    }
}

/// <summary>Whose alerts are no ticket's, contact's or callback's: a scope's, an issue's, a customer's. People's deeds with them are kept under these names.</summary>
public static class RuleSubjects
{
    private const int Longest = 200;

    public static Subject Bulk(string department, string issue) => Of("bulk", department, issue);

    public static Subject Queue(string queue) => Of("queue", queue, null);

    public static Subject Customer(string reference) => Of("customer", reference, null);

    /// <summary>The customer whose alerts are a subject's; null for any other, and for a reference that went by its hash.</summary>
    public static string? CustomerOf(Subject subject) =>
        subject.Kind == SubjectKind.Rule && subject.Id.StartsWith("customer/", StringComparison.Ordinal) ? subject.Id["customer/".Length..] : null;

    // What an event's subject could not hold goes by its hash.
    private static Subject Of(string kind, string name, string? part)
    {
        var id = part is null ? $"{kind}/{name}" : $"{kind}/{name.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)}/{part}";
        var plain = id.Length <= Longest;
        foreach (var c in id) plain &= !char.IsControl(c);
        if (plain) return new(SubjectKind.Rule, id);
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id));
        return new(SubjectKind.Rule, $"{kind}/{Convert.ToHexStringLower(hash.AsSpan(0, 16))}");
    }
}
