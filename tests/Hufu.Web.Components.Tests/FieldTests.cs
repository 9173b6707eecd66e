using static Hufu.Web.Components.Tests.Rendering;

namespace Hufu.Web.Components.Tests;

public sealed class FieldTests
{
    [Theory]
    [InlineData(FieldKind.Text, "input")]
    [InlineData(FieldKind.LongText, "textarea")]
    [InlineData(FieldKind.Number, "input")]
    [InlineData(FieldKind.Date, "input")]
    [InlineData(FieldKind.DateTime, "input")]
    [InlineData(FieldKind.Choice, "select")]
    [InlineData(FieldKind.Reference, "input")]
    [InlineData(FieldKind.File, "input")]
    [InlineData(FieldKind.Password, "input")]
    [InlineData(FieldKind.Email, "input")]
    [InlineData(FieldKind.Flag, "input")]
    public void Help_and_error_are_read_with_the_control(FieldKind kind, string element)
    {
        var root = Parse(Html<Field>(new { Name = "Plan.Due[0]", Label = "期限", Kind = kind, Help = "幾月幾日", Error = "必填", Required = true }));
        var control = root.All(element).Single(candidate => candidate.Value("id") == Field.IdOf("Plan.Due[0]"));
        Assert.Equal("true", control.Value("aria-invalid"));
        Assert.NotNull(control.Value("required"));
        var spoken = control.Value("aria-describedby")!.Split(' ').Select(id => root.Descendants().Single(candidate => candidate.Value("id") == id).Value);
        Assert.Equal(["幾月幾日", "必填"], spoken);
    }

    [Fact]
    public void A_field_without_fault_is_not_invalid()
    {
        var control = Parse(Html<Field>(new { Name = "a", Label = "甲" })).All("input").Single();
        Assert.Null(control.Value("aria-invalid"));
        Assert.Null(control.Value("aria-describedby"));
    }

    [Fact]
    public void The_value_of_a_long_text_survives_a_leading_line_break()
    {
        // HTML drops the first line break inside a textarea, so one more is written.
        var html = Html<Field>(new { Name = "a", Label = "甲", Kind = FieldKind.LongText, Value = "\n第二行</textarea><b>" });
        Assert.Contains(">\n\n", html.Replace("&#xA;", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flag_posts_false_before_true()
    {
        var inputs = Parse(Html<Field>(new { Name = "keep", Label = "維持登入", Kind = FieldKind.Flag, Value = "true" })).All("input").ToList();
        Assert.Equal(["false", "true"], inputs.Select(input => input.Value("value")));
        Assert.NotNull(inputs[1].Value("checked"));
    }

    [Fact]
    public void A_choice_selects_its_value_and_groups_its_options()
    {
        var root = Parse(Html<Field>(new { Name = "k", Label = "類別", Kind = FieldKind.Choice, Value = "b", Options = (IReadOnlyList<Choice>)[new("a", "甲", null, "組"), new("b", "乙", null, "組")] }));
        Assert.Equal("b", root.All("option").Single(option => option.Value("selected") is not null).Value("value"));
        Assert.Equal("組", root.All("optgroup").Single().Value("label"));
    }

    [Fact]
    public void A_choice_set_ticks_what_it_holds_under_one_legend()
    {
        var root = Parse(Html<Field>(new { Name = "s", Label = "範圍", Kind = FieldKind.ChoiceSet, Values = (IReadOnlyCollection<string>)["b"], Options = (IReadOnlyList<Choice>)[new("a", "甲"), new("b", "乙")] }));
        Assert.Equal("範圍", root.All("legend").Single().Value.Trim());
        Assert.Equal("b", Assert.Single(root.All("input"), input => input.Value("checked") is not null).Value("value"));
    }

    [Fact]
    public void A_reference_works_as_a_text_field_and_carries_labels_for_the_script()
    {
        var root = Parse(Html<Field>(new { Name = "AssetId", Label = "資產", Kind = FieldKind.Reference, PickType = "asset/../x", Picked = (IReadOnlyList<Picked>)[new("7", Hostile)] }));
        var box = root.Descendants().Single(element => element.HasClass("picker"));
        Assert.Equal("/api/v1/pick/asset%2F..%2Fx", box.Value("data-url"));
        var picked = System.Text.Json.JsonSerializer.Deserialize<string[][]>(box.Value("data-picked")!)!;
        Assert.Equal(["7", Hostile], picked[0]);
        Assert.Equal("7", root.All("input").Single().Value("value"));
    }

    [Fact]
    public void An_error_leads_to_its_field()
    {
        var html = Html<RecordForm>(new { Errors = (IReadOnlyList<FormError>)[new("期限必填", "Plan.Due")], Token = new FormToken("t", "v") });
        Assert.Equal("#" + Field.IdOf("Plan.Due"), Parse(html).All("a").First().Value("href"));
    }
}
