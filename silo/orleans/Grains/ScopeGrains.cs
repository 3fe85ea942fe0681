using System.Text.Json;
using Microsoft.Extensions.Logging;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Metrics;
using Orleans.Concurrency;
using Orleans.Utilities;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// Holds sums and nothing durable: what it knows can be told again by the subjects at any time, and is, when it comes up. Re-entrant: its
/// state changes only between awaits.
/// </summary>
public abstract class ScopeGrain(string kind, ClusterServices cluster) : Grain, IScopeGrain
{
    protected const string Nobody = "-";

    protected Replica Replica { get; private set; } = null!;

    protected ClusterServices Cluster => cluster;

    /// <summary>The department's or queue's id; "" for those in nobody's care.</summary>
    protected string Id => this.GetPrimaryKeyString() is var key && key == Nobody ? "" : key;

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => Replica = new((await cluster.Policies.Get(cancellationToken)).Set);

    public virtual async Task Hear(byte[][] rows)
    {
        var news = new List<(Told, byte[])>(rows.Length);
        foreach (var row in rows)
        {
            var told = Wire.Unpack<Told>(row);
            if (Replica.Hear(told)) news.Add((told, row));
        }
        if (news.Count > 0) await Heard(news);
    }

    public Task<byte[]> Metrics(long from, long to)
    {
        Replica.Advance(cluster.Time.Now);
        if (cluster.Policies.Standing is var standing && standing.Edits.Count > Replica.Edits.Count) Replica.Adopt(standing.Edits, standing.Set);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes)) MetricJson.Write(writer, Report.Of(Replica, $"{kind}/{Id}", new(from, to), live: false));
        return Task.FromResult(bytes.ToArray());
    }

    protected virtual Task Heard(IReadOnlyList<(Told Told, byte[] Bytes)> news) => Task.CompletedTask;
}

[Reentrant]
public sealed class QueueGrain(ClusterServices cluster) : ScopeGrain("queue", cluster), IQueueGrain;

/// <summary>
/// Beside its sums it has the department's deadline index: the exact second comes from here, the reminder of a minute only brings it up again
/// after its silo was lost.
/// </summary>
[Reentrant, KeepAlive]
public sealed class DepartmentGrain(ClusterServices cluster, ILogger<DepartmentGrain> log) : ScopeGrain("department", cluster), IDepartmentGrain, IRemindable
{
    private const int PageRows = 500, WokenAtOnce = 500;
    private static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(30), RetryIn = TimeSpan.FromSeconds(1);

    private readonly ObserverManager<IRowWatcher> _watchers = new(WatchedFor, log);
    private readonly SortedSet<Subject> _again = [];
    private readonly Dictionary<Subject, (Told Told, byte[] Bytes)> _news = [];
    private IGrainTimer? _timer, _tell;
    private bool _telling;
    private Mark _mark;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await base.OnActivateAsync(cancellationToken);
        _mark = new(Guid.NewGuid().ToString("N"), 0, false);
        _timer = this.RegisterGrainTimer(_ => Wake(), new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        _tell = this.RegisterGrainTimer(_ => TellNodes(), new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        await GrainFactory.Installation().AddDepartment(this.GetPrimaryKeyString());
        await this.RegisterOrUpdateReminder("up", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        _ = BecomeWhole();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Wake();

    public async Task<Mark> Watch(IRowWatcher watcher)
    {
        await Task.CompletedTask;
        _watchers.Subscribe(watcher, watcher);
        return _mark;
    }

    public Task<byte[][]> Page(string? after)
    {
        var from = after is null ? (Subject?)null : Subject.Parse(after);
        return Task.FromResult(Replica.ToldOf(Id, from).Take(PageRows).Select(Wire.Pack).ToArray());
    }

    public async Task Wake()
    {
        var now = Cluster.Time.Now;
        Subject[] due = [.. Replica.TakeDueOf(Id, now), .. _again];
        _again.Clear();
        foreach (var some in due.Chunk(WokenAtOnce)) await Task.WhenAll(some.Select(Judge));
        Arm();
    }

    // Whatever an activation before this one knew: the subjects know it, and tell it again.
    private async Task BecomeWhole()
    {
        await Cluster.Repair(again: true);
        _mark = _mark with { Whole = true };
    }

    protected override Task Heard(IReadOnlyList<(Told Told, byte[] Bytes)> news)
    {
        Arm();
        foreach (var (told, bytes) in news)
            if (told.Home == Id) _news[told.Subject] = (told, bytes);
        if (_news.Count > 0 && !_telling) _tell!.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan); // the first after quiet goes at once
        return Task.CompletedTask;
    }

    // On a clock, however many silos tell: else each telling of each of them would go to each node.
    private async Task TellNodes()
    {
        _telling = true;
        try
        {
            while (_news.Count > 0)
            {
                var news = _news.Values.ToArray();
                _news.Clear();
                _mark = _mark with { Number = _mark.Number + 1 };
                var (mark, rows) = (_mark, Array.ConvertAll(news, n => n.Bytes));
                await _watchers.Notify(w => w.Rows(this.GetPrimaryKeyString(), mark, rows));
                byte[][] alarming = [.. news.Where(n => n.Told.Alerts.Count > 0).Select(n => n.Bytes)];
                if (alarming.Length > 0) await GrainFactory.GetGrain<IAlertGrain>(this.GetPrimaryKeyString()).Hear(alarming);
                await Task.Delay(Teller.ClockMs);
            }
        }
        finally { _telling = false; }
    }

    private async Task Judge(Subject subject)
    {
        try
        {
            if (subject.Kind == SubjectKind.Other) await GrainFactory.GetGrain<ICustomerGrain>(subject.Id).Judge();
            else await GrainFactory.Keeper(subject).Judge();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            log.LogWarning(fault, "a subject of {Department} could not be judged at its second; tried again", Id);
            _again.Add(subject);
        }
    }

    private void Arm()
    {
        var wait = Replica.NextWake == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Clamp(Replica.NextWake - Cluster.Time.Now, 0, 86_400_000));
        if (_again.Count > 0 && (wait == Timeout.InfiniteTimeSpan || wait > RetryIn)) wait = RetryIn;
        _timer?.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
