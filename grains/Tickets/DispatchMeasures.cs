using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>How departments deal with what is dispatched to them, and how often a ticket changes hands. (spec: metrics, dispatch, hops, ping_pong)</summary>
internal sealed class DispatchMeasures
{
    private readonly SortedDictionary<string, (string Department, long At, bool Returned)> _dispatches = new(StringComparer.Ordinal);
    private readonly List<string> _visits = []; // departments that had the ticket, one after the other
    private readonly SortedSet<string> _departments = new(StringComparer.Ordinal);
    private readonly List<(string Department, long At, int Rating)> _ratings = [];
    private long? _backAt;
    private int _hops;

    /// <summary>One department had it from beginning to end, and sent nothing back.</summary>
    public bool StayedInOneHand { get; private set; } = true;

    /// <param name="events">the ticket's own, up to its end</param>
    public static DispatchMeasures Of(IEnumerable<Event> events)
    {
        var all = new DispatchMeasures();
        foreach (var e in events) all.Apply(e);
        return all;
    }

    public void Count(TicketStory story, Judgement j)
    {
        foreach (var (department, at, returned) in _dispatches.Values)
        {
            j.Point(Measure.Dispatched, null, department, at);
            if (returned) j.Point(Measure.DispatchReturned, null, department, at);
        }
        foreach (var (department, at, rating) in _ratings)
        {
            j.Point(Measure.Rated, null, department, at);
            j.Point(Measure.RatingSum, null, department, at, rating);
        }
        j.Point(Measure.Hops, null, story.Department, story.CreatedAt, _hops);
        if (_backAt is { } back) j.Point(Measure.PingPong, null, story.Department, back);
    }

    /// <summary>A dispatch's clock that has come due: what it stops on says what it measures.</summary>
    public static void CountDue(ClockPolicy promise, string? department, long due, bool met, Judgement j)
    {
        if (promise.Stop.Contains("ticket.dispatch_answered")) Count(Measure.DispatchDue, Measure.DispatchInTime);
        if (promise.Stop.Contains("ticket.dispatch_accepted")) Count(Measure.AcceptDue, Measure.AcceptInTime);

        void Count(Measure all, Measure kept)
        {
            j.Point(all, null, department, due);
            if (met) j.Point(kept, null, department, due);
        }
    }

    private void Apply(Event e)
    {
        switch (e.Data)
        {
            case TicketCreated when _visits.Count == 0 && e.DepartmentId is { } first: Visit(first, e.At); break;
            case TicketClassified when e.DepartmentId is { } moved:
                if (_visits.Count > 0 && _visits[^1] != moved) _hops++;
                Visit(moved, e.At);
                break;
            case TicketDispatched d:
                _hops++;
                _dispatches[d.DispatchId] = (d.DepartmentId, e.At, false);
                if (d.Role == DispatchRole.Lead) Visit(d.DepartmentId, e.At);
                else if (_departments.Add(d.DepartmentId) && _departments.Count > 1) StayedInOneHand = false;
                break;
            case TicketDispatchReturned d when _dispatches.TryGetValue(d.DispatchId, out var sent):
                _dispatches[d.DispatchId] = sent with { Returned = true };
                StayedInOneHand = false;
                break;
            case TicketDispatchReviewed { Rating: { } rating } d when _dispatches.TryGetValue(d.DispatchId, out var sent):
                _ratings.Add((sent.Department, e.At, Math.Clamp(rating, 1, 5)));
                break;
        }
    }

    private void Visit(string department, long at)
    {
        if (_departments.Add(department) && _departments.Count > 1) StayedInOneHand = false;
        if (_visits.Count > 0 && _visits[^1] == department) return;
        if (_visits.Contains(department)) _backAt ??= at;
        _visits.Add(department);
    }
}
