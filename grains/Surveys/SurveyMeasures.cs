using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Surveys;

/// <summary>
/// What the surveys about a ticket or contact say. A survey is counted once, in the bucket of its first event; its last answer holds; an excluded
/// one counts nowhere. (spec: metrics, survey)
/// </summary>
internal static class SurveyMeasures
{
    private sealed class Survey(long at)
    {
        public long At => at;
        public bool Excluded { get; set; }
        public SurveyResponded? Answer { get; set; }
    }

    /// <param name="history">of the ticket or contact, its surveys' events among it</param>
    public static void Count(IReadOnlyList<Event> history, string? queue, string? department, Judgement j)
    {
        if (Read(history) is not { } surveys) return;
        foreach (var survey in surveys.Values)
        {
            if (survey.Excluded) continue;
            void Point(Measure m) => j.Point(m, queue, department, survey.At);
            Point(Measure.SurveyAttempted);
            if (survey.Answer is not { Valid: true } answer) continue;
            Point(Measure.SurveyValid);
            if (answer.Contacted == true) Point(Measure.SurveyContacted);
            if (answer.Resolved == SurveyResolved.Yes) Point(Measure.SurveyResolved);
            switch (Satisfaction(answer.Satisfaction))
            {
                case 2: Point(Measure.SurveySatisfied); break;
                case 1: Point(Measure.SurveyBasic); break;
            }
        }
    }

    /// <summary>Whether a ticket closed at an instant was asked about afterwards; null where asking was excluded.</summary>
    public static bool? Covers(IReadOnlyList<Event> history, long closed)
    {
        if (Read(history) is not { } surveys) return false;
        var excluded = false;
        foreach (var survey in surveys.Values)
        {
            if (survey.At < closed) continue;
            if (!survey.Excluded) return true;
            excluded = true;
        }
        return excluded ? null : false;
    }

    /// <summary>2 satisfied, 1 basically satisfied, 0 neither; of five points the upper two are satisfied, the middle one basically.</summary>
    internal static int Satisfaction(JsonElement? told) => told switch
    {
        { ValueKind: JsonValueKind.String } word => word.GetString() switch { "satisfied" => 2, "basically_satisfied" => 1, _ => 0 },
        { ValueKind: JsonValueKind.Number } points when points.TryGetDecimal(out var n) => n >= 4 ? 2 : n >= 3 ? 1 : 0,
        _ => 0,
    };

    private static SortedDictionary<Subject, Survey>? Read(IReadOnlyList<Event> history)
    {
        SortedDictionary<Subject, Survey>? surveys = null;
        foreach (var e in history)
        {
            if (e.Subject.Kind != SubjectKind.Survey) continue;
            surveys ??= [];
            if (!surveys.TryGetValue(e.Subject, out var survey)) surveys[e.Subject] = survey = new(e.At);
            if (e.Data is SurveyExcluded) survey.Excluded = true;
            if (e.Data is SurveyResponded answer) survey.Answer = answer;
        }
        return surveys;
    }
}
