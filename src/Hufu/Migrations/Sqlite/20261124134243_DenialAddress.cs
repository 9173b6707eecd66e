using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class DenialAddress : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "address",
                table: "denial",
                type: "TEXT",
                maxLength: 45,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "address",
                table: "denial");
        }
    }
}
