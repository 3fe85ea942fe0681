using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>
/// Calendars with what was saved since the start. A saved one takes the place of what begins on the same date and ends what was open before it; what
/// stood before is remembered for the clocks that keep it.
/// </summary>
internal sealed class SavedCalendars(IReadOnlyList<CalendarFile> start)
{
    private readonly List<CalendarFile> _files = [.. start];
    private readonly SortedDictionary<string, IReadOnlyList<CalendarChange>> _changes = new(StringComparer.Ordinal);

    public IReadOnlyList<CalendarFile> Files => _files;

    public CalendarLine Line => new(_changes);

    public void Add(PolicyEdit edit)
    {
        var name = PolicyFolder.NameOf(edit);
        var file = CalendarReader.Read(YamlEntries.OneText(name, edit.Text, CalendarReader.Keys), name) with { Edit = edit };
        var standing = _files.FindAll(f => f.Id == file.Id);
        if (standing.Count > 0)
        {
            if (!standing[0].Zone.Equals(file.Zone)) throw new ReferenceDataException(name, file.Line, $"calendar '{file.Id}' is in {standing[0].Zone.Id}; another time zone needs another id");
            _changes[file.Id] = [.. _changes.GetValueOrDefault(file.Id, []), new(edit.At, file.Running, CalendarShelf.JoinOne(standing))];
        }
        _files.RemoveAll(f => f.Id == file.Id);
        foreach (var before in standing)
            if (before.Days.From != file.Days.From) _files.Add(Shortened(before, file.Days.From));
        _files.Add(file);
        if (CalendarShelf.JoinOne(_files.Where(f => f.Id == file.Id)).NextOpen(edit.At) == BusinessCalendar.Never)
            throw new ReferenceDataException(name, file.Line, $"calendar '{file.Id}' never opens again");
    }

    private static CalendarFile Shortened(CalendarFile before, LocalDate? next) =>
        next is { } from && before.Days.From is var begins && !(begins >= from) && !(before.Days.To < from)
            ? before with { Days = before.Days with { To = from.PlusDays(-1) } } : before;
}
