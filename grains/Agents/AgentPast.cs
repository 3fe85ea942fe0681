using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>
/// One agent's past, cut at the hours: an event costs a look at its own hour, however long the agent has been here. An hour begins with what lasts
/// from the one before; where a late event changes that, the next hour is judged anew too, and so on until nothing changes any more. Days that are over
/// rest on the shelf.
/// </summary>
/// <param name="changes">told of an hour before anything of it changes</param>
internal sealed partial class AgentPast(string agent, Action<long> changes, IShelf shelf)
{
    private readonly SortedList<long, ToldHour> _told = []; // hours in which a state was told
    private readonly SortedList<long, BusyHour> _works = []; // hours in which contacts kept the agent busy; both without the days at rest
    private readonly SortedSet<long> _changed = [], _unjudged = [];
    private readonly AgentNames _names = new(agent);
    private byte[]? _packed; // of a snapshot, read when the agent is first touched
    private long _packedAt;

    /// <summary>Every state told, in order.</summary>
    public IEnumerable<Event> Events
    {
        get
        {
            Open();
            var days = new SortedSet<long>(_days.Keys.Concat(_told.Keys.Select(AgentDay.Of)));
            foreach (var day in days)
            {
                if (_days.ContainsKey(day))
                    foreach (var of in Read(day).All.Values)
                        foreach (var e in of.Told) yield return e;
                for (var i = FirstFrom(_told.Keys, AgentDay.FirstHour(day)); i < _told.Count && AgentDay.Of(_told.Keys[i]) == day; i++)
                    foreach (var e in _told.Values[i].Events) yield return e;
            }
        }
    }

    /// <summary>The stretch that goes on; null where nothing has been told.</summary>
    public AgentStretch? Last
    {
        get
        {
            Open();
            return Before(long.MaxValue)?.Whole;
        }
    }

    /// <summary>The events that are in memory as one history, for an image.</summary>
    public History Copy() => History.Of(_packed ?? [.. _told.Values.SelectMany(t => t.Pack())]);

    /// <summary>Of an image of which the sums are to be made anew.</summary>
    public void JudgeAll()
    {
        Open();
        OpenDays();
        _changed.UnionWith(_told.Keys);
    }

    public void Add(Event e)
    {
        Open();
        var hour = AgentHour.Of(e.At);
        Mark(hour);
        Insert(hour, e);
        _changed.Add(hour);
    }

    /// <summary>Takes those that it does not have yet.</summary>
    public void AddNew(IReadOnlyList<Event> events)
    {
        Open();
        foreach (var e in events)
        {
            OpenDay(AgentHour.Of(e.At));
            if (!_told.TryGetValue(AgentHour.Of(e.At), out var told) || told.Events.BinarySearch(e) < 0) Add(e);
        }
    }

    private void Insert(long hour, Event e)
    {
        OpenDay(hour);
        if (!_told.TryGetValue(hour, out var told)) _told[hour] = told = new() { End = Before(hour) };
        told.Add(e);
    }

    /// <summary>Of an image: judged already.</summary>
    public void Resume(Subject contact, AgentWork work) => WorksAt(AgentHour.Of(work.From)).Add(Span(contact, work));

    public void Put(Subject contact, AgentWork work) => Touch(work).Add(Span(contact, work));

    public void Take(Subject contact, AgentWork work) => Touch(work).Remove(Span(contact, work));

    private BusyHour Touch(AgentWork work)
    {
        var hour = AgentHour.Of(work.From);
        Mark(hour);
        _unjudged.Add(hour);
        return WorksAt(hour);
    }

    // What waits to be judged is still in the sums as it was.
    private void Mark(long hour)
    {
        if (!_unjudged.Contains(hour) && !_changed.Contains(hour)) changes(hour);
    }

    private BusyHour WorksAt(long hour)
    {
        OpenDay(hour);
        return _works.TryGetValue(hour, out var all) ? all : _works[hour] = new();
    }

    /// <summary>The hour is over; what comes later for it opens it again.</summary>
    public void Rest(long hour)
    {
        if (_told.TryGetValue(hour, out var told)) told.Rest();
        if (_works.TryGetValue(hour, out var works)) works.Rest();
    }

    /// <summary>Of an image: all of it, until something happens.</summary>
    public void Rest()
    {
        foreach (var works in _works.Values) works.Rest();
    }

    /// <summary>The hour's instant has come: what was told ahead of its time holds now.</summary>
    public void Wake(long hour)
    {
        Open();
        OpenDay(hour);
        (_told.ContainsKey(hour) ? _changed : _unjudged).Add(hour);
    }

    /// <summary>Of the hours that are in memory, for an image.</summary>
    public IEnumerable<KeyValuePair<Subject, AgentWork>> Works()
    {
        foreach (var all in _works.Values)
            foreach (var span in all.Spans) yield return new(span.Contact, new(agent, span.From, span.To, span.Duty));
    }

    public IReadOnlyCollection<BusySpan> WorksOf(long hour) => Resting(hour) is { } day ? day.All.TryGetValue(hour, out var of) ? of.Works : [] : _works.TryGetValue(hour, out var all) ? all.Spans : [];

    /// <summary>The hours to be judged anew, in order.</summary>
    public IReadOnlyList<long> TakeUnjudged(long now)
    {
        Open();
        while (_changed.Count > 0)
        {
            var hour = _changed.Min;
            _changed.Remove(hour);
            _unjudged.Add(hour);
            Carry(hour, now);
        }
        long[] unjudged = [.. _unjudged];
        _unjudged.Clear();
        return unjudged;
    }

    public Evaluation Judge(long hour, long now)
    {
        Open();
        return AgentHour.Evaluate(_names, WorksOf(hour), Before(hour), ToldIn(hour), now);
    }

    /// <summary>An hour with other contacts in it, to be judged later: turns may go on meanwhile.</summary>
    /// <returns>judges it at an instant, Unix ms</returns>
    public Func<long, Evaluation> With(long hour, IReadOnlyCollection<BusySpan> works)
    {
        Open();
        var (before, told) = (Before(hour), ToldIn(hour).ToArray());
        return at => AgentHour.Evaluate(_names, works, before, told, at);
    }

    /// <summary>The stretch that went on at an instant, Unix ms.</summary>
    public AgentStretch? At(long at)
    {
        Open();
        var hour = AgentHour.Of(at);
        return AgentStory.Of(Before(hour), ToldIn(hour), then => then <= at).Carry.Whole;
    }

    // Where the hour now ends otherwise, all hear of it up to the next one in which something was told, which is carried on in its turn.
    private void Carry(long hour, long now)
    {
        if (!_told.TryGetValue(hour, out var told)) return;
        var end = AgentStory.Of(Before(hour), told.Events, at => at <= now).Carry;
        if (end == told.End) return;
        OpenUntilTold(hour);
        var following = FirstFrom(_told.Keys, hour + 1);
        var next = following < _told.Count ? _told.Keys[following] : long.MaxValue;
        for (var i = FirstFrom(_works.Keys, hour + 1); i < _works.Count && _works.Keys[i] < next; i++)
        {
            Mark(_works.Keys[i]);
            _unjudged.Add(_works.Keys[i]);
        }
        if (next < long.MaxValue)
        {
            Mark(next);
            _changed.Add(next);
        }
        told.End = end;
    }

    private AgentCarry? Before(long hour)
    {
        var i = FirstFrom(_told.Keys, hour) - 1;
        var day = RestingToldUntil(hour);
        if (day is { } resting && (i < 0 || AgentDay.Of(_told.Keys[i]) < resting)) return Read(resting).Before(hour);
        return i < 0 ? null : _told.Values[i].End;
    }

    private IReadOnlyList<Event> ToldIn(long hour) => Resting(hour) is { } day ? day.All.TryGetValue(hour, out var of) ? of.Told : [] : _told.TryGetValue(hour, out var told) ? told.Events : [];

    private void Open()
    {
        if (_packed is not { } bytes) return;
        _packed = null;
        foreach (var e in History.Of(bytes).Events) Insert(AgentHour.Of(e.At), e);
        foreach (var (hour, told) in _told)
        {
            told.End = AgentStory.Of(Before(hour), told.Events, at => at <= _packedAt).Carry;
            told.Rest();
        }
    }

    private static BusySpan Span(Subject contact, AgentWork work) => new(work.From, work.To, work.Duty, contact);

    private static int FirstFrom(IList<long> hours, long from)
    {
        var (low, high) = (0, hours.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (hours[middle] >= from) high = middle; else low = middle + 1;
        }
        return low;
    }
}
