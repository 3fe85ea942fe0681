namespace OpsMonitor.Web.Demo;

/// <summary>
/// Every few hours one department has a bad half hour: three times the calls come, most of the extra ones for it, and it works slowly.
/// Without them the wall would show a call centre in which nothing ever goes wrong.
/// </summary>
internal sealed class Weather
{
    private readonly Agenda _agenda;
    private readonly Dice _dice;
    private string? _department;

    public Weather(Agenda agenda, Dice dice, bool calm = false)
    {
        (_agenda, _dice) = (agenda, dice);
        var first = _dice.Minutes(60, 180); // drawn in any case
        if (!calm) _agenda.In(first, Break);
    }

    /// <summary>How many times the usual number of calls come now.</summary>
    public int Factor => _department is null ? 1 : 3;

    public bool IsBad(string department) => _department == department;

    public Scenario.Department PickDepartment()
    {
        Span<double> weights = stackalloc double[Scenario.Departments.Count];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = Scenario.Departments[i].Share + (IsBad(Scenario.Departments[i].Id) ? 0.6 : 0);
        }
        return Scenario.Departments[_dice.Weighted(weights)];
    }

    private void Break()
    {
        // The VIP desk is spared: its few calls would not show.
        _department = Scenario.Departments[_dice.Below(Scenario.Departments.Count - 1)].Id;
        _agenda.In(30 * Scenario.Minute, () =>
        {
            _department = null;
            _agenda.In(_dice.Minutes(240, 420), Break);
        });
    }
}
