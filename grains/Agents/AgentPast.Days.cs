using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>A day of an agent at rest, of an image.</summary>
/// <param name="Day">days since 1970, UTC</param>
/// <param name="HasTold">a state was told in it</param>
/// <param name="Bytes">see <see cref="AgentDay"/></param>
public sealed record RestingDay(long Day, bool HasTold, RestingBytes Bytes);

/// <param name="Told">the states told in the hours that are in memory</param>
public sealed record AgentImage(string Agent, History Told, IReadOnlyList<RestingDay> Days);

/// <summary>Days at rest. A look reads the bytes and leaves them where they are; before anything in a day changes its hours are taken out.</summary>
internal sealed partial class AgentPast
{
    private readonly SortedList<long, RestingDay> _days = [];
    private readonly ShortBytes _room = new();

    /// <summary>For an image.</summary>
    public IEnumerable<RestingDay> Days => _days.Values;

    /// <summary>Goes on where an image was taken. Before anything else.</summary>
    /// <param name="at">the instant of the image, Unix ms</param>
    public void Resume(AgentImage image, long at)
    {
        (_packed, _packedAt) = (image.Told.Pack(), at);
        foreach (var day in image.Days) _days[day.Day] = day with { Bytes = shelf.Put(day.Bytes.Read()) };
    }

    /// <summary>The day is over, and all its hours rest.</summary>
    public void RestDay(long day)
    {
        Open();
        var (first, end) = (AgentDay.FirstHour(day), AgentDay.FirstHour(day + 1));
        var (hours, start) = (new SortedList<long, (ToldHour? Told, BusyHour? Works)>(), Before(first));
        for (var i = FirstFrom(_told.Keys, first); i < _told.Count && _told.Keys[i] < end;) hours[_told.Keys[i]] = (TakeOut(_told, i), null);
        var hasTold = hours.Count > 0;
        for (var i = FirstFrom(_works.Keys, first); i < _works.Count && _works.Keys[i] < end;)
        {
            var hour = _works.Keys[i];
            hours[hour] = (hours.TryGetValue(hour, out var known) ? known.Told : null, TakeOut(_works, i));
        }
        if (hours.Count > 0) _days[day] = new(day, hasTold, shelf.Put(AgentDay.Write(_room, start, hours)));
    }

    /// <summary>What each hour adds in which anything is known, in the order of the hours: walks through all there is.</summary>
    public IEnumerable<(long Hour, Evaluation Evaluation)> JudgeEvery(long now)
    {
        Open();
        foreach (var day in _days.Keys)
        {
            var read = Read(day);
            foreach (var (hour, of) in read.All) yield return (hour, AgentHour.Evaluate(_names, of.Works, read.Before(hour), of.Told, now));
        }
        foreach (var hour in new SortedSet<long>(_told.Keys.Concat(_works.Keys))) yield return (hour, Judge(hour, now));
    }

    /// <summary>How many hours are in memory, and how many days at rest.</summary>
    public (int Hours, int Days) Counts => (new SortedSet<long>(_told.Keys.Concat(_works.Keys)).Count, _days.Count);

    private static T TakeOut<T>(SortedList<long, T> all, int at)
    {
        var taken = all.Values[at];
        all.RemoveAt(at);
        return taken;
    }

    private AgentDay Read(long day) => AgentDay.Read(_days[day].Bytes.Read());

    // Null where the hour's day does not rest.
    private AgentDay? Resting(long hour) => _days.Count > 0 && _days.ContainsKey(AgentDay.Of(hour)) ? Read(AgentDay.Of(hour)) : null;

    // The newest day at rest with a state told that begins before an hour.
    private long? RestingToldUntil(long hour)
    {
        for (var i = FirstFrom(_days.Keys, hour == long.MaxValue ? hour : AgentDay.Of(hour - 1) + 1) - 1; i >= 0; i--)
            if (_days.Values[i].HasTold) return _days.Keys[i];
        return null;
    }

    private void OpenDay(long hour)
    {
        var day = AgentDay.Of(hour);
        if (_days.Count == 0 || !_days.ContainsKey(day)) return;
        var read = Read(day);
        shelf.Put([], _days[day].Bytes);
        _days.Remove(day);
        foreach (var (at, of) in read.All)
        {
            if (of.Told.Count > 0)
            {
                var told = _told[at] = new() { End = read.Before(at + 1) };
                foreach (var e in of.Told) told.Add(e);
                told.Rest();
            }
            if (of.Packed.Length > 0) _works[at] = BusyHour.Of(of.Packed);
        }
    }

    private void OpenDays()
    {
        while (_days.Count > 0) OpenDay(AgentDay.FirstHour(_days.Keys[0]));
    }

    // What lasts out of an hour now may be other than it was, up to the next in which a state was told.
    private void OpenUntilTold(long hour)
    {
        for (; ; )
        {
            var (told, day) = (FirstFrom(_told.Keys, hour + 1), FirstFrom(_days.Keys, AgentDay.Of(hour) + 1));
            if (day == _days.Count || (told < _told.Count && AgentDay.Of(_told.Keys[told]) < _days.Keys[day])) return;
            OpenDay(AgentDay.FirstHour(_days.Keys[day]));
        }
    }
}
