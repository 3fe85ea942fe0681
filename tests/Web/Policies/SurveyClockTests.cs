using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>A follow-up is over when the customer has been asked and has answered: events of a survey, which stand in its ticket's history as well.</summary>
public sealed class SurveyClockTests : IDisposable
{
    private const string FollowUp = "id: p\ncalendar: office\nclocks:\n- {id: x, start: ticket.closed, stop: [survey.responded, survey.excluded], limit: {value: 2, unit: business_day}}\n"
        + "- {id: y, start: survey.sent, stop: [survey.responded], limit: {value: 4, unit: hour}}\n";

    private readonly SavedDesk _desk = new();

    public SurveyClockTests() => _desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", FollowUp);

    public void Dispose() => _desk.Dispose();

    private Event[] Story() =>
    [
        _desk.Event("2026-03-02T09:00:00Z", "ticket/T", "ticket.created", """{"kind":"complaint","channel":"phone"}"""),
        _desk.Event("2026-03-02T10:00:00Z", "ticket/T", "ticket.closed", """{"closure_code":"done"}"""),
        _desk.Event("2026-03-02T11:00:00Z", "survey/S", "survey.sent", """{"target":"ticket/T","method":"sms"}"""),
        _desk.Event("2026-03-02T12:00:00Z", "survey/S", "survey.responded", """{"valid":true}"""), // names no target: the survey's is meant
        _desk.Event("2026-03-02T12:00:00Z", "survey/C", "survey.responded", """{"valid":true,"target":"contact/T"}"""),
    ];

    [Fact]
    public void A_follow_up_begins_with_closing_is_stopped_by_the_answer_and_is_due_without_it()
    {
        var story = Story();
        _desk.Turn("2026-03-02T12:30:00Z", story[..3]);
        Assert.Equal(("running Wed 4 Mar 10:00", "running Mon 2 Mar 15:00"), (PolicyDesk.Spell(_desk.Clock("ticket/T")), PolicyDesk.Spell(_desk.Clock("ticket/T", "y"))));
        _desk.Turn("2026-03-02T12:30:00Z", story[3..]);
        Assert.Equal((PolicyDesk.Ms("2026-03-02T12:00:00Z"), PolicyDesk.Ms("2026-03-02T12:00:00Z")), (_desk.Clock("ticket/T").StoppedAt, _desk.Clock("ticket/T", "y").StoppedAt));
        Assert.Empty(_desk.Shard.Find(Subject.Parse("ticket/T"))!.Anomalies);
        Assert.Null(_desk.Shard.Find(Subject.Parse("survey/S")));
    }

    [Fact]
    public void Without_an_answer_it_is_broken()
    {
        _desk.Turn("2026-03-02T10:00:00Z", Story()[..2]).Tick("2026-03-04T10:00:00Z");
        Assert.StartsWith("breached Wed 4 Mar 10:00", _desk.Says("ticket/T"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_whatever_order_and_however_often_they_come_the_outcome_is_the_same_also_after_a_restart()
    {
        var story = Story();
        var expected = SavedDesk.Picture(_desk.Turn("2026-03-05T00:00:00Z", story).Shard);
        for (var seed = 0; seed < 40; seed++)
        {
            var shuffled = story.Concat(story).ToArray();
            new Random(seed).Shuffle(shuffled);
            var shard = new Shard(_desk.Start.SetWith([]), new(Backfill: true));
            foreach (var e in shuffled) shard.Step(new(PolicyDesk.Ms("2026-03-05T00:00:00Z"), [e]));
            Assert.Equal(Rows(expected), Rows(SavedDesk.Picture(shard)));
            var again = new Shard(_desk.Start.SetWith([]), new(Backfill: true));
            again.Resume(shard.Image());
            Assert.Equal(SavedDesk.Picture(shard), SavedDesk.Picture(again));
        }

        static string Rows(string picture) => picture.Split('\n')[0];
    }

    /// <summary>The other host keeps each subject by itself; what it is sent must lead to the same.</summary>
    [Fact]
    public void A_ticket_on_its_own_judges_what_its_survey_sends_it()
    {
        var (story, policies, now) = (Story(), _desk.Start.SetWith([]), PolicyDesk.Ms("2026-03-05T00:00:00Z"));
        var life = new SubjectLife(Subject.Parse("ticket/T"), policies, backfill: true);
        life.Take([story[3], story[0], story[2], story[1], story[3]], now);
        _desk.Turn("2026-03-05T00:00:00Z", story);
        Assert.Equal(_desk.Shard.Find(Subject.Parse("ticket/T"))!.Clocks, life.Last.Row!.Clocks);
        Assert.Equal(4, life.Kept.Count);
    }
}
