using NodaTime;

namespace OpsMonitor.Grains.Calendars;

/// <summary>How many dates of one year work before each of them: so many business days on or back is one search.</summary>
internal sealed class DateTable
{
    /// <summary>A year in which nothing works.</summary>
    public static readonly DateTable Empty = new(static _ => false, 2000);

    private readonly int[] _before; // index: day of the year from 0, one past the end included
    private readonly int _year;

    public DateTable(Func<LocalDate, bool> works, int year)
    {
        _year = year;
        var first = new LocalDate(year, 1, 1);
        var days = first.Calendar.GetDaysInYear(year);
        _before = new int[days + 1];
        for (var i = 0; i < days; i++) _before[i + 1] = _before[i] + (works(first.PlusDays(i)) ? 1 : 0);
    }

    public int Total => _before[^1];

    public bool Works(LocalDate date) => _before[date.DayOfYear] > _before[date.DayOfYear - 1];

    /// <summary>Working dates of this year before a date of it.</summary>
    public int Before(LocalDate date) => _before[date.DayOfYear - 1];

    /// <summary>The working date with so many before it in this year.</summary>
    public LocalDate At(int before)
    {
        // The last index with this count is the working date itself: the next index counts it.
        var i = Array.BinarySearch(_before, before);
        while (_before[i + 1] == before) i++;
        return new LocalDate(_year, 1, 1).PlusDays(i);
    }
}
