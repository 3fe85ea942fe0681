using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Rules;

/// <summary>
/// The rules over many subjects. Told of every contribution that is put on or taken off, it knows which issues and queues a turn has touched, and
/// judges these alone. Nothing here depends on the order in which they came.
/// </summary>
public sealed class RuleWatch
{
    private readonly SortedDictionary<(string Department, string Issue), BulkFile> _bulk = new(ByDepartment);
    private readonly SortedDictionary<string, QueueFile> _queues = new(StringComparer.Ordinal);
    private readonly Dictionary<Subject, BulkFile> _bulkOf = []; // found here, walked through in the order of the subjects that are dirty
    private readonly Dictionary<Subject, string> _queueOf = [];
    private readonly SortedSet<Subject> _dirty = [];
    private readonly SortedDictionary<string, long> _since = new(StringComparer.Ordinal); // a department's first complaint
    private long _running = long.MinValue; // the half hour of the last judging

    private static readonly Comparer<(string Department, string Issue)> ByDepartment = Comparer<(string Department, string Issue)>.Create(static (a, b) =>
        string.CompareOrdinal(a.Department, b.Department) is var order && order != 0 ? order : string.CompareOrdinal(a.Issue, b.Issue));

    /// <summary>Of what lies further back nothing is known any more, so nothing is found there, in ms.</summary>
    public const long KnownMs = BulkFile.KeptMs + 86_400_000; // they forget once a day

    public bool IsDirty => _dirty.Count > 0;

    /// <summary>Whether it wants to be told: asked for every contribution there is.</summary>
    public static bool Wants(Measure measure) =>
        measure <= Measure.WaitingPastFirst || measure is Measure.QueueAgentDelta or Measure.QueueAgentAt or Measure.IssueComplaint or Measure.LongWaitDelta;

    public void Take(Subject who, in Contribution c, int sign)
    {
        if (c.Key.Measure == Measure.IssueComplaint)
        {
            if (c.Department is null) return;
            var file = BulkOf(c.Department, c.Key.Param);
            if (sign > 0) file.Add(c.At, who.Id); else file.Remove(c.At, who.Id);
            _dirty.Add(file.Subject);
            if (sign > 0 ? c.At < _since.GetValueOrDefault(c.Department, long.MaxValue) : c.At == _since[c.Department]) BeginAnew(c.Department);
        }
        else if (c.Queue is { } queue)
        {
            var file = QueueOf(queue);
            file.Take(who, c, sign);
            // What the running half hour adds up to is asked at its end.
            if (!file.IsArmed || c.Key.Measure == Measure.LongWaitDelta || QueueFile.StepOf(c.At) < _running) _dirty.Add(file.Subject);
        }
    }

    /// <summary>Its instant has come, or somebody did something with its alerts.</summary>
    public void Touch(Subject rule) => _dirty.Add(rule);

    /// <summary>Other rules hold from an instant on, Unix ms.</summary>
    public void Saved(long at)
    {
        foreach (var file in _bulk.Values)
        {
            file.BeginAnew(at);
            _dirty.Add(file.Subject);
        }
        foreach (var file in _queues.Values) _dirty.Add(file.Subject);
    }

    /// <summary>Those touched since, in their order; they are clean then.</summary>
    public IReadOnlyList<Subject> TakeDirty()
    {
        Subject[] dirty = [.. _dirty];
        _dirty.Clear();
        return dirty;
    }

    /// <param name="books">as they stand after everything that the turn changed</param>
    /// <returns>the alerts that are due, when to look again although nothing happens, and from when on they are whole; nothing for a subject that is none of these</returns>
    public (IReadOnlyList<DueAlert> Alerts, long Next, long Since) Judge(Subject rule, Turns.Books books, PolicySet policies, long now)
    {
        _running = QueueFile.StepOf(now);
        var alerts = new List<DueAlert>();
        if (_bulkOf.TryGetValue(rule, out var bulk))
            return (alerts, bulk.Judge(policies.Rules, _since.GetValueOrDefault(bulk.Department, long.MaxValue), now, alerts), now - BulkFile.LookBackMs);
        if (!_queueOf.TryGetValue(rule, out var queue)) return ([], long.MaxValue, long.MaxValue);
        return (alerts, _queues[queue].Judge(books.Find("queue/" + queue) ?? new Ledger(), policies, now, alerts), _running - QueueFile.LookBackMs);
    }

    /// <summary>What a start cannot find again in the sums, as contributions: complaints by their instant, waits that grew too long.</summary>
    public IEnumerable<KeyValuePair<Subject, Contribution>> Image()
    {
        foreach (var ((department, issue), file) in _bulk)
            foreach (var (at, who) in file.All()) yield return new(new(SubjectKind.Ticket, who ?? ""), new(ContributionKind.Point, new(Measure.IssueComplaint, issue), null, department, at, who is null ? 0 : 1));
        foreach (var (queue, file) in _queues)
            foreach (var (at, change, who) in file.Waits) yield return new(who, new(ContributionKind.Point, new(Measure.LongWaitDelta), queue, null, at, change));
    }

    /// <summary>Goes on where an image was taken; the sums are restored already.</summary>
    /// <param name="now">of the image, Unix ms</param>
    public void Resume(IEnumerable<KeyValuePair<Subject, Contribution>> image, Turns.Books books, long now)
    {
        foreach (var (who, c) in image)
            if (c.Key.Measure == Measure.IssueComplaint) BulkOf(c.Department!, c.Key.Param).Restore(c.At, c.Amount == 0 ? null : who.Id);
            else QueueOf(c.Queue!).Restore((c.At, c.Amount, who));
        foreach (var (scope, ledger) in books.All)
            if (scope.StartsWith("queue/", StringComparison.Ordinal)) QueueOf(scope["queue/".Length..]).Recall(ledger, now);
        var departments = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (department, _) in _bulk.Keys) departments.Add(department);
        foreach (var department in departments) BeginAnew(department);
        foreach (var file in _queues.Values) _dirty.Add(file.Subject);
    }

    // The first complaint about anything: before it the department was not counted, or did not exist. Another first one is another baseline for all.
    private void BeginAnew(string department)
    {
        var first = long.MaxValue;
        foreach (var ((of, _), file) in _bulk)
        {
            if (!string.Equals(of, department, StringComparison.Ordinal)) continue;
            first = Math.Min(first, file.First);
            file.BeginAnew();
            _dirty.Add(file.Subject);
        }
        _since[department] = first;
    }

    private BulkFile BulkOf(string department, string issue)
    {
        if (_bulk.TryGetValue((department, issue), out var file)) return file;
        file = _bulk[(department, issue)] = new(department, issue);
        return _bulkOf[file.Subject] = file;
    }

    private QueueFile QueueOf(string queue)
    {
        if (_queues.TryGetValue(queue, out var file)) return file;
        file = _queues[queue] = new(queue);
        _queueOf[file.Subject] = queue;
        return file;
    }
}
