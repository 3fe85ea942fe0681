using System.Globalization;
using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>
/// The promises of the simulated house, and what saving them anew makes of them: short, so that half an hour of virtual time holds many deadlines.
/// What is said here as numbers, the oracle reads as well; how it is judged, it does not.
/// </summary>
public sealed class House(Scene scene)
{
    public const int ThresholdS = 20;

    public const long MaxSilenceMs = 240_000, AnswerMs = 90_000, FollowUpMs = 45_000;

    private const string Desk = "desk";

    /// <summary>By priority, 1 first.</summary>
    public static readonly int[] FirstResponseS = [20, 60, 180, 360], ResolutionS = [60, 180, 360, 600];

    /// <summary>Who is told of a late first response, after so many seconds, as the policy says at first.</summary>
    public static readonly (string To, int AfterS)[] Escalation = [("supervisor", 20), ("department_head", 60), ("executive", 180)];

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(Hours, int), BusinessCalendar> Calendars = new();

    public Scene Scene => scene;

    public PolicySet Policies { get; } = Build(scene, []);

    /// <summary>All policies as they stand after these savings.</summary>
    public PolicySet With(IReadOnlyList<PolicyEdit> edits) => edits.Count == 0 ? Policies : Build(scene, edits);

    /// <summary>The text of a saving: whether running clocks are taken over, and so many percent of the first limits, or minutes by which breaks move.</summary>
    public static string Text(bool running, int number, int nonce) => string.Create(CultureInfo.InvariantCulture, $"{(running ? "running" : "new")} {number} {nonce}");

    public static (bool Running, int Number) Read(PolicyEdit edit)
    {
        var words = edit.Text.Split(' ');
        return (words[0] == "running", int.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Seconds, of which the policy's first version has 100 percent.</summary>
    public static int Scaled(int seconds, int percent) => Math.Max(1, seconds * percent / 100);

    /// <summary>Working minutes of a local date, from its midnight; breaks are moved by some minutes.</summary>
    public static (int From, int To)[] PeriodsOf(Hours hours, int moved, LocalDate date) => hours switch
    {
        Hours.Lunch => [(420, 484 + moved), (486 + moved, 491 + moved), (493 + moved, 720)],
        Hours.SkippedHour => [(0, 116 + moved), (183 + moved, 188 + moved), (190 + moved, 1440)], // 01:56 and 03:03: between them the hour that is not there
        Hours.HolidayBegins => date == new LocalDate(2026, 5, 1) ? [(4 + moved, 9 + moved)] : [(0, 1440)],
        Hours.HolidayEnds => date == new LocalDate(2026, 5, 1) ? [] : date == new LocalDate(2026, 5, 2) ? [(1 + moved, 1440)] : date.DayOfWeek >= IsoDayOfWeek.Saturday ? [] : [(0, 1440)],
        _ => [(0, 1440)],
    };

    private static BusinessCalendar CalendarOf(Hours hours, int moved) => hours == Hours.Always ? BusinessCalendar.Always : Calendars.GetOrAdd((hours, moved), static key =>
    {
        var (hours, moved) = key;
        IReadOnlyList<DayPeriod> Of(LocalDate date) => [.. PeriodsOf(hours, moved, date).Select(p => new DayPeriod(p.From, p.To))];
        var monday = new LocalDate(2026, 1, 5);
        var dates = new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>();
        for (var date = new LocalDate(2026, 5, 1); date <= new LocalDate(2026, 5, 2); date = date.PlusDays(1)) dates[date] = Of(date);
        var zone = DateTimeZoneProviders.Tzdb[hours == Hours.Lunch ? "Europe/London" : "Europe/Berlin"];
        return new(Desk, zone, [new([.. Enumerable.Range(0, 7).Select(day => Of(monday.PlusDays(day)))], dates, new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>())]);
    });

    private static PolicySet Build(Scene scene, IReadOnlyList<PolicyEdit> edits)
    {
        var (calendar, line) = (CalendarOf(scene.Hours, 0), new List<CalendarChange>());
        foreach (var edit in edits.Where(e => e.Kind == EditKind.Calendar))
        {
            var (running, moved) = Read(edit);
            line.Add(new(edit.At, running, calendar));
            calendar = CalendarOf(scene.Hours, moved);
        }
        List<Policy> versions = [Version(scene, 1, 100, calendar)];
        foreach (var edit in edits.Where(e => e.Kind == EditKind.Policy))
        {
            var (running, percent) = Read(edit);
            versions.Add(Version(scene, edit.Version, percent, calendar) with { FromMs = edit.At, AppliesToRunning = running });
        }
        var queues = new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal);
        foreach (var id in new[] { "q1", "q2" }) queues[id] = new(id, null, [ThresholdS], 5, MaxSilenceMs);
        var changes = new SortedDictionary<string, IReadOnlyList<CalendarChange>>(StringComparer.Ordinal);
        if (line.Count > 0) changes[Desk] = line;
        return new(versions[0], queues, new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal), scene.FcrWindowMs)
        {
            Book = PolicyBook.Of(versions), Line = new(changes),
        };
    }

    private static Policy Version(Scene scene, int version, int percent, BusinessCalendar calendar)
    {
        Limit Seconds(int s) => new(Scaled(s, percent), LimitUnit.Second);
        // Working minutes where there is a calendar: at least one.
        Limit Working(int s) => scene.Hours == Hours.Always ? Seconds(s) : new(Math.Max(1, Scaled(s, percent) / 60), LimitUnit.BusinessMinute);
        List<ClockPolicy> clocks =
        [
            new("first_response", ClockPer.Ticket, ["ticket.replied"], [.. FirstResponseS.Select(Seconds)])
            {
                Escalate = scene.Deeds ? [.. Escalation.Select(e => new EscalationStep(Seconds(e.AfterS), e.To))] : [],
            },
            new("resolution", ClockPer.Ticket, ["ticket.resolved"], [.. ResolutionS.Select(Working)])
            {
                PauseOn = [PauseReason.AwaitingCustomer, PauseReason.AwaitingThirdParty], FromDueAt = true,
            },
        ];
        if (scene.Dispatches)
            clocks.Add(new("department_answer", ClockPer.Dispatch, ["ticket.dispatch_answered"], [Seconds((int)(AnswerMs / 1000))]) { Start = ["ticket.dispatched"], FromDueAt = true });
        if (scene.Surveys)
            clocks.Add(new("follow_up", ClockPer.Ticket, ["survey.responded"], [Seconds((int)(FollowUpMs / 1000))]) { Start = ["survey.sent"] });
        return new("simulated", version, calendar, clocks, new());
    }
}
